"""The lessons of the classroom: what each is called, where its notebook and its notes are."""

from dataclasses import dataclass
from pathlib import Path

from implicitbias.errors import BadInput


_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Lesson:
    """A lesson by name; ``question`` is what the class asks."""

    name: str
    title: str
    question: str

    @property
    def notebook(self) -> Path:
        """The marimo notebook."""
        return _HERE / "apps" / f"{self.name.replace('-', '_')}.py"

    @property
    def notes(self) -> Path:
        """The lecture notes: goal, what to try, what to notice, three questions with answers."""
        return _HERE / "notes" / f"{self.name}.md"


LESSONS = (
    Lesson(
        "direction", "Where does Local GD go?", "Which separator do many local steps lead to, and how fast?"
    ),
    Lesson("valley", "How local steps push you along the valley", "Why do more local steps drift faster?"),
    Lesson("scaling", "Scaling the steps", "When does a scaling save rounds, and what does it cost?"),
    Lesson(
        "claims",
        "Claim explorer",
        "Is this statement true, at these numbers, and could we have seen it fail?",
    ),
)


def lesson_named(name: str) -> Lesson:
    """Return a lesson.

    Raises
    ------
    BadInput
        For an unknown name.
    """
    known = {lesson.name: lesson for lesson in LESSONS}
    if name not in known:
        raise BadInput(f"lesson = {name!r}: unknown; use one of {', '.join(known)}")
    return known[name]
