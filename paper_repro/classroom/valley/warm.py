"""``python -m paper_repro.classroom.valley.warm``: compile the kernels of the lesson now, so that no slider waits."""

import numpy as np

from implicitbias import local_sgd, run, Stream
from paper_repro.classroom.valley.grounds import GROUNDS


def warm() -> None:
    """Take one round on every landscape with every noise: a kernel serves all M, H, η, σ and B."""
    for ground in GROUNDS.values():
        for noise in ground.kinds:
            closed = ground.made(noise)
            start = closed.start(np.array(ground.start))
            method = local_sgd(0.01, 2, 1.0, workers=2)
            run(closed.landscape, method, 2, start=start, stream=Stream(0), progress=False)


if __name__ == "__main__":
    warm()
    print(f"compiled: {', '.join(GROUNDS)}")
