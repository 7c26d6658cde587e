"""Kinds of files: what holds a figure that stands, what holds one that moves, and which program each needs."""

import shutil
from collections.abc import Sequence

from implicitbias.errors import BadInput


STILL = ("png", "pdf", "svg", "pgf")
MOVING = ("gif", "html", "mp4")
FORMATS = ("png", "pdf", "svg")  # written unless others are asked for: no program is needed
# What is not made by Python alone: the program, what it is for, and the packages that bring it.
PROGRAMS = {
    "pgf": ("xelatex", "it measures the words", "texlive-xetex on Debian, or MacTeX or MiKTeX"),
    "mp4": ("ffmpeg", "it writes the film", "ffmpeg from the system's packages"),
}
INSTEAD = {"pgf": "pdf", "mp4": "gif or html"}


def check_formats(formats: Sequence[str], known: Sequence[str] = (*STILL, *MOVING)) -> tuple[str, ...]:
    """Return the formats, each once, in the order given.

    Raises
    ------
    BadInput
        For none, an unknown one, or one whose program is not on the PATH.
    """
    wanted = tuple(dict.fromkeys(formats))
    unknown = [form for form in wanted if form not in known]
    if unknown or not wanted:
        raise BadInput(f"formats = {unknown or list(wanted)}: unknown; use some of {', '.join(known)}")
    for form in wanted:
        if form in PROGRAMS:
            require_program(form)
    return wanted


def require_program(form: str) -> str:
    """Return the path of the program that a format needs.

    Raises
    ------
    BadInput
        If it is not on the PATH, naming it and what brings it.
    """
    program, purpose, source = PROGRAMS[form]
    found = shutil.which(program)
    if found is None:
        raise BadInput(
            f"format {form}: needs {program}, which is not on the PATH ({purpose}); install {source}, "
            f"or ask for {INSTEAD[form]}"
        )
    return found
