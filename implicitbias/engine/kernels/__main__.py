"""``python -m implicitbias.engine.kernels``: compile every kernel now, so that no run waits for it later."""

import numpy as np

from implicitbias.engine.batch import run_batch
from implicitbias.engine.run import run
from implicitbias.engine.run_spec import RunSpec
from implicitbias.losses import Logistic
from implicitbias.methods import gd, local_gd, RMSProp, savic
from implicitbias.problems import LinearClassification


def main() -> None:
    """Run a round where margins suit, where weights do, with adaptive scalings, and batches of one data set or two."""
    wide = LinearClassification(np.eye(2, 8), [1, 1], loss=Logistic())
    tall = LinearClassification(np.ones((8, 1)), np.ones(8), loss=Logistic())
    other = LinearClassification(2 * np.eye(2, 8), [1, 1], loss=Logistic())
    engines = {run(wide, local_gd(0.1, 2), 1).engine, run(tall, gd(0.1), 1).engine}
    # Data that margins suit, and a scaling that no margins follow.
    for scaling in (RMSProp(), RMSProp(scope="worker", refresh="step")):
        engines.add(run(wide, savic(0.1, 2, scaling), 1).engine)
    for problems in ((wide,), (wide, other)):
        engines |= {t.engine for t in run_batch([RunSpec(p, local_gd(0.1, 2), 2) for p in problems])}
    print(f"compiled: {', '.join(sorted(engines))}")


if __name__ == "__main__":
    main()
