"""A likely cause, and what a diagnosis says."""

from collections.abc import Callable
from dataclasses import dataclass

from implicitbias.display import in_brief
from paper_repro.conformance.diagnosis.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Cause:
    """A way to do it wrong whose path is the observed one.

    Attributes
    ----------
    name, sentence
        A few words; a sentence with what to look at.
    misfit
        Largest distance to the observed path, relative to its size.
    parts
        Names of the single changes, several for a compound.
    fitted
        Numbers that were fitted, which the path must outnumber; empty for most.
    change
        Recipe of the right simulator -> recipe of the wrong one.
    portable
        Whether ``change`` makes sense on other tasks, too.
    """

    name: str
    sentence: str
    misfit: float
    parts: tuple[str, ...]
    change: Callable[[Recipe], Recipe]
    fitted: tuple[float, ...] = ()
    portable: bool = True


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What is wrong with a simulator, as far as its path tells.

    Attributes
    ----------
    causes
        All that explain the path equally well on this task, the most frequent first; empty if nothing does.
    known
        Whether the path is explained: by ``causes``, or by nothing being wrong.
    message
        The same in sentences.
    """

    causes: tuple[Cause, ...]
    known: bool
    message: str

    __repr__ = in_brief
