"""What is on screen: pictures, numbers, the reason, and the code that gives them again."""

from collections.abc import Callable
from dataclasses import dataclass

from figures import View
from implicitbias.errors import BadInput, Diverged, NotCertified


@dataclass(frozen=True)
class Fact:
    """A number on screen.

    Attributes
    ----------
    name
        What is measured or predicted: ``"direction error, predicted"``.
    value
        As it is read, with its error and unit: ``"0.0625 ± 0.0003"``.
    means
        Where it comes from, in a few words or a formula.
    """

    name: str
    value: str
    means: str = ""


@dataclass(frozen=True)
class Shown:
    """All that a lesson shows for one setting of its controls.

    Texts are written as the pages of the report write them: words with formulas between dollar signs and code
    between backticks; see :mod:`implicitbias.display.prose`.

    Attributes
    ----------
    finding
        One sentence: what there is to see.
    views
        Pictures, as plain data.
    facts
        Numbers.
    why
        The reason, in paragraphs.
    code
        Lines of Python that print the numbers on screen.
    capped
        What was cut so that the answer comes at once, and how far; empty if nothing was.
    """

    finding: str
    views: tuple[View, ...]
    facts: tuple[Fact, ...] = ()
    why: str = ""
    code: str = ""
    capped: str = ""


@dataclass(frozen=True)
class Refused:
    """What was asked for cannot be shown: what was given, the rule, the cure."""

    message: str


def attempt(show: Callable[[], Shown]) -> Shown | Refused:
    """Return what is shown, or why it cannot be: a class sees a sentence, never a traceback."""
    try:
        return show()
    except (BadInput, Diverged, NotCertified) as error:
        return Refused(str(error))
