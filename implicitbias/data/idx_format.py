"""The IDX format of lecun1998's MNIST files: magic number, dimensions, unsigned bytes; raw or gzipped.

Bytes 0 and 1 are zero, byte 2 is the type code (8: unsigned byte), byte 3 the number of axes; then the length of
each axis as a big-endian 32-bit integer, then the entries, last axis fastest.
"""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from implicitbias.errors import BadInput


UNSIGNED_BYTE = 0x08
GZIP_MAGIC = b"\x1f\x8b"


def read_idx(path: Path, axes: int) -> UInt8[np.ndarray, "..."]:
    """Return the array of an IDX file of unsigned bytes.

    Parameters
    ----------
    path
        The file; gzip is recognised by its first bytes, whatever the name.
    axes
        Number of axes expected: 1 for labels, 3 for images.

    Raises
    ------
    BadInput
        If the file cannot be read, is not IDX, has other axes or another type, or is cut short or too long.
    """
    content = _content(path)
    if len(content) < 4 or content[:2] != b"\0\0":
        raise BadInput(
            f"{path}: starts with {content[:4].hex() or 'nothing'}, not an IDX magic number (0000…)"
        )
    code, found_axes = content[2], content[3]
    if code != UNSIGNED_BYTE:
        raise BadInput(f"{path}: IDX type code 0x{code:02x}, expected 0x08 (unsigned byte)")
    if found_axes != axes:
        raise BadInput(
            f"{path}: IDX array with {found_axes} axes, expected {axes}; are images and labels mixed up?"
        )
    return _entries(path, content, axes)


def _entries(path: Path, content: bytes, axes: int) -> UInt8[np.ndarray, "..."]:
    start = 4 + 4 * axes
    if len(content) < start:
        raise BadInput(
            f"{path}: cut short within its header ({len(content)} of {start} bytes); fetch the file again"
        )
    shape = tuple(int(length) for length in np.frombuffer(content, ">u4", axes, offset=4))
    # Python's integers: a corrupt header may announce more bytes than 64 bits can count.
    size = math.prod(shape)
    expected = start + size
    if len(content) != expected:
        short = "cut short" if len(content) < expected else "too long"
        raise BadInput(
            f"{path}: {short}, {len(content)} bytes where shape {shape} needs {expected}; fetch it again"
        )
    return np.frombuffer(content, np.uint8, size, offset=start).reshape(shape)


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content.startswith(GZIP_MAGIC) else content
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{path}: cannot be read ({error}); fetch the file again") from error
