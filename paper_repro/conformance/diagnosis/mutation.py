"""A mutation: one thing that a simulator does otherwise, in the field's words, as a change of its recipe."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from paper_repro.conformance.diagnosis.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Mutation:
    """One change without anything to fit.

    Attributes
    ----------
    name
        A few words, such as ``"H+1"``.
    sentence
        What it does, and where to look.
    change
        The recipe of a simulator that does so; the same recipe object where it does not apply.
    rare
        One of very many of its kind, or seldom seen: not combined with others.
    """

    name: str
    sentence: str
    change: Callable[[Recipe], Recipe]
    rare: bool = False


@dataclass(frozen=True, eq=False)
class Family:
    """Changes that differ in one number θ, which is fitted to the observed path.

    Attributes
    ----------
    name, sentence
        As of ``Mutation``; the fitted number is added to both.
    change
        (recipe, θ) -> recipe.
    low, high
        Where θ is looked for.
    marks
        Numbers with a meaning, by the words for them.
    moves_offset_only
        Whether the linear part of a round stays: in one dimension any other offset is then met, which is no evidence.
    """

    name: str
    sentence: str
    change: Callable[[Recipe, float], Recipe]
    low: float
    high: float
    marks: Mapping[str, float]
    moves_offset_only: bool = False

    def at(self, value: float, said: str) -> Mutation:
        """Return the member with θ = ``value``, which ``said`` puts in words."""
        return Mutation(
            f"{self.name} {said}", f"{self.sentence} (here {said})", lambda recipe: self.change(recipe, value)
        )
