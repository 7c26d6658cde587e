"""Files that are whole or absent: arrays with one JSON header, in an ``.npz`` without pickle."""

import io
import json
import os
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from implicitbias import checks
from implicitbias.errors import BadInput


# What reading a damaged or foreign file can raise.
DAMAGE = (ValueError, TypeError, KeyError, OSError, EOFError, BadZipFile, zlib.error)


def pack(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return the archive: equal header and arrays, equal bytes."""
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, header=np.array(json.dumps(header)), **arrays)
    return file.getvalue()


def unpack(content: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return header and arrays, or raise one of ``DAMAGE``; every member carries a checksum."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        stored = {name: file[name] for name in file.files}
    return json.loads(str(stored.pop("header"))), stored


def save(
    path: str | os.PathLike[str], kind: str, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> None:
    """Write an archive (suffix .npz is added if missing), whole or not at all.

    Raises
    ------
    BadInput
        If ``path`` is no file name.
    """
    write_atomically(_npz(path, kind), pack(header, arrays))


def load(
    path: str | os.PathLike[str], kind: str, version: int
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read the archive that ``kind.save(path)`` wrote.

    Raises
    ------
    BadInput
        If there is no such file, it is damaged or another one, or of another format than ``version``.
    """
    source = _npz(path, kind)
    given = f"path = {str(source)!r}"
    if not source.exists():
        raise BadInput(f"{given}: there is no such file; {kind}s are written by {kind}.save(path)")
    try:
        header, arrays = unpack(source.read_bytes())
        found = header["format"], header["kind"]
    except DAMAGE as error:
        cure = f"write one with {kind}.save(path), or run again if this one was cut short"
        raise BadInput(f"{given}: is no {kind}, or a damaged one; {cure}") from error
    if found[1] != kind:
        raise BadInput(f"{given}: is a {found[1]}, no {kind}; read it with {found[1].title()}.load(path)")
    if found[0] != version:
        raise BadInput(f"{given}: format {found[0]}, but this version reads {version}; upgrade")
    return header, arrays


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file to the side and rename it into place; of several writers, the last one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def check_writable(name: str, folder: Path) -> None:
    """Make a folder, and refuse one that cannot be written.

    Raises
    ------
    BadInput
        Naming the folder and the reason.
    """
    if folder == Path():
        raise BadInput(f"{name} '': must name a folder; leave it out, or give a path such as results")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise BadInput(
            f"{name} {folder}: cannot be written ({error.strerror}); name a folder of yours"
        ) from error


def _npz(path: str | os.PathLike[str], kind: str) -> Path:
    checks.instance("path", path, str | os.PathLike, f"give a file name such as '{kind}.npz'")
    target = Path(path)
    if target.is_dir() or not target.name:
        raise BadInput(
            f"path = {str(path)!r}: is a folder; give a file in it, e.g. {str(target / f'{kind}.npz')!r}"
        )
    return target if target.suffix == ".npz" else target.with_name(target.name + ".npz")
