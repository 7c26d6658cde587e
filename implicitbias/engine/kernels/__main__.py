"""``python -m implicitbias.engine.kernels``: compile every kernel now, so that no run waits for it later."""

import numpy as np

from implicitbias.engine.batch import run_batch
from implicitbias.engine.records import RecordAt
from implicitbias.engine.run import run
from implicitbias.engine.run_spec import RunSpec
from implicitbias.losses import Logistic
from implicitbias.methods import gd, local_gd, RMSProp, savic
from implicitbias.problems import LinearClassification


# The last round before a record is another entry than the rounds that lead to it.
RUN = {"rounds": 2, "record": RecordAt.last()}


def main() -> None:
    """Run where margins suit, where weights do, with adaptive scalings, and batches of one data set and of two."""
    wide = LinearClassification(np.eye(2, 8), [1, 1], loss=Logistic())
    tall = LinearClassification(np.ones((8, 1)), np.ones(8), loss=Logistic())
    other = LinearClassification(2 * np.eye(2, 8), [1, 1], loss=Logistic())
    engines = {run(wide, local_gd(0.1, 2), **RUN).engine, run(tall, gd(0.1), **RUN).engine}
    # Data that margins suit, and a scaling that no margins follow.
    for scaling in (RMSProp(), RMSProp(scope="worker", refresh="step")):
        engines.add(run(wide, savic(0.1, 2, scaling), **RUN).engine)
    for problems in ((wide,), (wide, other)):
        engines |= {t.engine for t in run_batch([RunSpec(p, local_gd(0.1, 2), **RUN) for p in problems])}
    print(f"compiled: {', '.join(sorted(engines))}")


if __name__ == "__main__":
    main()
