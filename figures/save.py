"""Figures on disk: the same view and sidecar give the same bytes, and no file is ever half written."""

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from figures.formats import check_formats, FORMATS, STILL
from figures.pgf import pgf_bytes
from figures.provenance import metadata, sidecar_text, with_remark
from figures.render import render_figure, styled
from figures.style import venue_named
from figures.views import View
from implicitbias.errors import BadInput


def save(
    view: View,
    folder: str | Path,
    name: str,
    sidecar: Mapping[str, Any],
    formats: Sequence[str] = FORMATS,
    *,
    venue: str = "page",
) -> list[Path]:
    """Write ``<folder>/<name>`` in every format and its ``.json``, and return their paths.

    Parameters
    ----------
    view : View
        What is drawn.
    folder : path
        Made if absent.
    name : str
        File name without suffix: letters, digits, ``-``, ``_`` and ``.``.
    sidecar : mapping
        Where the figure comes from (claim, knobs, seed, commit, versions), as plain data; written as JSON beside
        the figure and into its metadata, where :func:`figures.read_sidecar` finds it.
    formats : sequence of {"png", "pdf", "svg", "pgf"}
        PGF, whose words TeX sets when a paper is typeset, needs ``xelatex`` on the PATH.
    venue : str
        See :func:`figures.render_figure`.

    Raises
    ------
    BadInput
        Before anything is written: a name with other characters, an unknown format or one whose program is missing,
        a sidecar that is not data.
    """
    check_name(name)
    wanted, text = check_formats(formats, STILL), sidecar_text(sidecar)
    contents = {**figure_bytes(view, text, wanted, venue=venue), "json": (text + "\n").encode()}
    return write_all(Path(folder), name, contents)


def check_name(name: str) -> None:
    """Raise ``BadInput`` unless the name can be that of a file anywhere."""
    if not re.fullmatch(r"[\w.-]*\w[\w.-]*", name, re.ASCII) or name.startswith("."):
        raise BadInput(f"name = {name!r}: letters, digits, - _ . only, for it becomes a file name; rename it")


def write_all(folder: Path, name: str, contents: Mapping[str, bytes]) -> list[Path]:
    """Write ``<folder>/<name>.<suffix>`` for every suffix, in order; the folder is made if absent."""
    folder.mkdir(parents=True, exist_ok=True)
    return [write_whole(folder / f"{name}.{suffix}", content) for suffix, content in contents.items()]


def figure_bytes(view: View, text: str, formats: Sequence[str], *, venue: str = "page") -> dict[str, bytes]:
    """Return the file of each format, with ``text`` in its metadata."""
    figure = render_figure(view, venue)
    files = {}
    with styled(venue_named(venue)):
        for form in formats:
            if form == "pgf":
                files[form] = with_remark(
                    form, pgf_bytes(render_figure(view, venue), venue_named(venue)), text
                )
                continue
            stream = BytesIO()
            figure.savefig(stream, format=form, metadata=metadata(form, view.title, text))
            files[form] = stream.getvalue()
    return files


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file by renaming a finished temporary one, so that readers see all of it or the old one."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.chmod(temporary, 0o644)  # mkstemp hides its file from other users; a figure is for reading
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path
