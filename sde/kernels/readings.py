"""How compiled steps read their noise: which words of which address, and how many steps one reading serves.

The words are those of ``implicitbias.problems.laws``: at place p of a segment, with K channels, normal or uniform
number p·K + c, or bit p mod 64 of word 4c + ⌊p/64⌋.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from implicitbias.problems import AbstractLaw, Gaussian, Skewed, TwoPoint
from implicitbias.problems.laws import SEGMENT


# Bits of a word.
BITS = 64
# Steps whose normals are made at a time: few enough to stay in the nearest cache, many to keep the cipher busy. It
# divides the segment, and is a multiple of the four words of a call of the cipher.
CHUNK = 8


@dataclass(frozen=True)
class Reading:
    """How a law is read.

    Attributes
    ----------
    fill
        Function of ``sde.kernels.noise`` that fills a worker's buffer.
    held
        Steps that one filling serves.
    piece
        Steps between two looks at the buffer.
    rows
        Rows of the buffer for one channel.
    """

    fill: str
    held: int
    piece: int
    rows: int


NORMALS = Reading("fill_normal", CHUNK, CHUNK, CHUNK)
BITWISE = Reading("fill_bits", SEGMENT, BITS, SEGMENT // BITS)
TWO_VALUES = Reading("fill_uniform", CHUNK, CHUNK, CHUNK)

READINGS: Mapping[type[AbstractLaw], Reading] = MappingProxyType(
    {Gaussian: NORMALS, TwoPoint: BITWISE, Skewed: TWO_VALUES}
)
