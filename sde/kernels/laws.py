"""How steps read their noise: which words of which address, and how many steps one reading serves.

Worker m of replica k takes step s of its life in segment ⌊s/256⌋ at place p = s mod 256 and reads there, with K
channels, normal or uniform number p·K + c; of two-point noise, bit p mod 64 of word 4c + ⌊p/64⌋.
"""

from dataclasses import dataclass


# Steps that share an address.
SEGMENT = 256
# Bits of a word.
BITS = 64
# Steps whose normals are made at a time: few enough to stay in the nearest cache, many to keep the cipher busy.
CHUNK = 8


@dataclass(frozen=True)
class Law:
    """Noise of one law, as the kernel reads it.

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


GAUSSIAN = Law("fill_normal", CHUNK, CHUNK, CHUNK)
TWO_POINT = Law("fill_bits", SEGMENT, BITS, SEGMENT // BITS)
SKEWED = Law("fill_uniform", CHUNK, CHUNK, CHUNK)
