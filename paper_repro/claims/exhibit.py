"""A register of the figures and tables of a paper: what we can show of each, and what we cannot."""

from dataclasses import dataclass
from enum import Enum


UNSEEN = "not seen"
UNNUMBERED = "number unknown"


class Reach(Enum):
    """How far we get with a figure or a table: the value says it in words."""

    REGENERATED = "regenerated"
    ANALOGUE = "small-scale analogue"
    UNKNOWN = "details unknown"
    NEEDS_GPU = "needs a GPU"


@dataclass(frozen=True)
class Exhibit:
    """A figure or table of a paper, or what one of its statements would show, or all that we know nothing of.

    Attributes
    ----------
    subject
        What it shows.
    reach
        How far we get with it.
    remark
        What is ours and what is the paper's; or what we would have to know.
    place
        Its number, if we have seen it; ``UNNUMBERED`` if we know only that the paper has it. ``UNSEEN`` says that the
        paper may draw this or may not: nothing is guessed.
    known
        Where we saw that the paper has it; empty if and only if the place is ``UNSEEN``.
    figures, claims
        Names of figures in our gallery, and keys of claims, that show the same thing.
    """

    subject: str
    reach: Reach
    remark: str
    place: str = UNSEEN
    known: str = ""
    figures: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()


def rest(remark: str) -> Exhibit:
    """Return the row with which a register ends whose list nobody here has seen to the end."""
    return Exhibit("Every other figure and table", Reach.UNKNOWN, remark)
