"""``python -m implicitbias.engine.kernels``: compile every kernel now, so that no run waits for it later."""

import numpy as np

from implicitbias.engine.run import run
from implicitbias.losses import Logistic
from implicitbias.methods import gd, local_gd
from implicitbias.problems import LinearClassification


def main() -> None:
    """Run a round on a problem that margins suit, and on one that weights suit."""
    wide = LinearClassification(np.eye(2, 8), [1, 1], loss=Logistic())
    tall = LinearClassification(np.ones((8, 1)), np.ones(8), loss=Logistic())
    engines = {run(wide, local_gd(0.1, 2), 1).engine, run(tall, gd(0.1), 1).engine}
    print(f"compiled: {', '.join(sorted(engines))}")


if __name__ == "__main__":
    main()
