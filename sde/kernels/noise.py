"""Filling a worker's buffer with the noise of its next steps, at the addresses of its stream: see ``readings``."""

from implicitbias.engine.kernels.compiled import strict
from implicitbias.problems.laws import SEGMENT
from sde.kernels.cipher import write_words
from sde.kernels.normals import make_normal, make_uniform
from sde.kernels.readings import CHUNK


# A block of the cipher is four words.
_WORDS = 4


@strict
def fill_normal(keys, replicas, worker, step, channels, out):
    """Write the normals of the chunk that holds ``step``: channel c of its i-th step to row i·K + c."""
    _fill_words(keys, replicas, worker, step, channels, out)
    make_normal(out, CHUNK * channels)


@strict
def fill_uniform(keys, replicas, worker, step, channels, out):
    """Write uniforms instead."""
    _fill_words(keys, replicas, worker, step, channels, out)
    make_uniform(out, CHUNK * channels)


@strict
def fill_bits(keys, replicas, worker, step, channels, out):
    """Write the words of the segment that holds ``step``: row 4c + j has the bits of places 64j … of channel c."""
    write_words(keys[0], keys[1], replicas, worker, step // SEGMENT, 0, channels, out)


@strict
def _fill_words(keys, replicas, worker, step, channels, out):
    blocks = CHUNK * channels // _WORDS
    first = step % SEGMENT // CHUNK * blocks
    write_words(keys[0], keys[1], replicas, worker, step // SEGMENT, first, blocks, out)
