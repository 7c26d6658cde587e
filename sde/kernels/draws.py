"""Standard normals at addresses of a stream, as arrays: those of ``Address.normal``, several times as fast."""

import numpy as np
from jaxtyping import Float, Int, UInt64

from implicitbias.engine.kernels.compiled import entry_in
from implicitbias.engine.kernels.lane_packing import unblocked
from implicitbias.engine.kernels.lanes import pointer
from implicitbias.engine.kernels.packing import RUNS
from implicitbias.stream import Stream
from sde.kernels.cipher import write_words
from sde.kernels.ensemble import in_registers
from sde.kernels.generated import cache_folder
from sde.kernels.normals import make_normal


# Words of a call of the cipher.
_BLOCK = 4
# Blocks at a time: their rows stay in the nearest cache between the cipher and the logarithm.
_BLOCKS = 4


def normals(
    stream: Stream, purpose: str, replicas: Int[np.ndarray, " replica"], count: int
) -> Float[np.ndarray, "replica count"]:
    """Return the first ``count`` normals of each replica's address, worker 0, round 0."""
    lanes = in_registers(replicas.astype(np.uint64))
    out = np.empty((len(lanes), -(-count // _BLOCK) * _BLOCK, RUNS))
    _write_normals(np.array(stream.key(purpose), dtype=np.uint64), lanes, out)
    return unblocked(out, len(replicas))[:, :count]


def normals_of(words: UInt64[np.ndarray, "row pair"]) -> Float[np.ndarray, "row pair"]:
    """Return the normals that pairs of words make."""
    rows = in_registers(words.view(np.float64))
    _transform(rows)
    return unblocked(rows, len(words))


def _write_normals(keys, replicas, out):
    """Write normals, one row after the other, of every block of replicas."""
    blocks = out.shape[1] // _BLOCK
    for b in range(len(replicas)):
        addresses = pointer(replicas, b * RUNS)
        for first in range(0, blocks, _BLOCKS):
            count = min(_BLOCKS, blocks - first)
            rows = pointer(out, (b * blocks + first) * _BLOCK * RUNS)
            write_words(keys[0], keys[1], addresses, 0, 0, first, count, rows)
            make_normal(rows, _BLOCK * count)


def _transform(rows):
    """Replace the words in every block of rows by normals."""
    for b in range(len(rows)):
        make_normal(pointer(rows, b * rows.shape[1] * RUNS), rows.shape[1])


_write_normals = entry_in(cache_folder(), _write_normals)
_transform = entry_in(cache_folder(), _transform)
