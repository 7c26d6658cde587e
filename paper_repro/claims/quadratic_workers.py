"""Workers with quadratic losses of different curvature and different optima, drawn at random."""

import numpy as np
from jaxtyping import Float

from implicitbias import Quadratics, Stream


def random_quadratics(
    stream: Stream, workers: int, dim: int, least: float = 0.1, most: float = 1.0
) -> Quadratics:
    """Return A_m with random axes and curvatures log-uniform in [least, most], and standard normal optima."""
    draw = stream.at("quadratics").generator()
    axes = np.stack([random_rotation(draw, dim) for _ in range(workers)])
    curvatures = np.exp(draw.uniform(np.log(least), np.log(most), (workers, dim)))
    hessians = (axes * curvatures[:, None]) @ axes.swapaxes(1, 2)
    return Quadratics((hessians + hessians.swapaxes(1, 2)) / 2.0, draw.normal(size=(workers, dim)))


def random_rotation(draw: np.random.Generator, dim: int) -> Float[np.ndarray, "dim dim"]:
    """Return an orthogonal matrix."""
    return np.linalg.qr(draw.normal(size=(dim, dim)))[0]
