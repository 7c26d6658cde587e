"""Points to begin with: what each set shows, small theory sets, random points, and real data seen in two features."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from implicitbias import Stream
from implicitbias.data import degenerate, opposed_pair, order_of_limits, real, Samples, set_a, set_a_prime
from implicitbias.data.known_names import refuse_unknown


# Points of a random set; enough for a cloud, few enough to be dragged one by one.
RANDOM_POINTS = 12
# Real samples shown, evenly spaced in the file; standardised, so that the origin lies between the classes.
REAL_SAMPLES = 40


@dataclass(frozen=True)
class Arrangement:
    """Points (n, 2) with labels ±1 and workers m(i); ``shows`` says what there is to see."""

    points: tuple[tuple[float, float], ...]
    labels: tuple[int, ...]
    workers: tuple[int, ...]
    shows: str

    @property
    def extent(self) -> float:
        """Half the side of a square around the origin with all points well inside."""
        return 1.2 * max(abs(coordinate) for point in self.points for coordinate in point)


def arrangement(name: str, seed: int = 0) -> Arrangement:
    """Return a set by its name in ``PRESETS``; the seed only draws the random one.

    Raises
    ------
    BadInput
        For an unknown name.
    """
    refuse_unknown("preset", name, PRESETS)
    return PRESETS[name](seed)


def _set_a(seed: int) -> Arrangement:
    del seed
    return _flipped(set_a(), (1, 4, 5), "Two workers whose own separators lie 77° apart")


def _unequal(seed: int) -> Arrangement:
    del seed
    return _flipped(set_a_prime(), (1, 4), "Unequal workers: a point of the smaller one weighs more")


def _aligned(seed: int) -> Arrangement:
    del seed
    points = ((1.0, 2.0), (2.0, 1.0), (-3.0, -2.5), (1.0, 2.6), (2.6, 1.0), (-2.0, -2.8))
    shows = "Workers that agree: their own separators are the common one"
    return Arrangement(points, (1, 1, -1, 1, 1, -1), (0, 0, 0, 1, 1, 1), shows)


def _opposite(seed: int) -> Arrangement:
    del seed
    points = ((2.4, 0.5), (-3.2, -1.6), (2.8, -0.2), (-1.6, 1.2), (2.6, -3.0), (-1.0, 2.6))
    shows = "Workers that pull apart: their own separators lie 131° apart"
    return Arrangement(points, (1, -1, 1, 1, -1, 1), (0, 0, 0, 1, 1, 1), shows)


def _single(seed: int) -> Arrangement:
    del seed
    points = ((1.2, 1.0), (-2.8, -1.2), (1.0, 3.0), (-3.0, -2.6))
    shows = "One support vector: how far w stays beside the separator is left over from its first rounds"
    return Arrangement(points, (1, -1, 1, -1), (0, 0, 1, 1), shows)


def _degenerate(seed: int) -> Arrangement:
    del seed
    shows = "A tie: one point touches the margin without holding it, and w leaves the ray like log log r"
    return _flipped(degenerate().with_workers(np.array([0, 1])), (), shows)


def _narrow(seed: int) -> Arrangement:
    del seed
    shows = "A small margin: long steps undo each other before the limit begins"
    return _flipped(opposed_pair(0.05).with_workers(np.array([0, 1])), (1,), shows)


def _order(seed: int) -> Arrangement:
    del seed
    return _flipped(order_of_limits(), (1,), "Few samples on which many local steps lead elsewhere first")


def _inseparable(seed: int) -> Arrangement:
    del seed
    points = ((2.0, 1.0), (1.0, 2.2), (-1.5, -1.0), (1.0, 1.4), (-1.0, 2.0), (-2.2, 0.8))
    shows = "No w separates these: w stays finite, and more local steps move it away from the minimum"
    return Arrangement(points, (1, 1, -1, -1, 1, 1), (0, 0, 0, 1, 1, 1), shows)


def _random(seed: int) -> Arrangement:
    """Points of two classes on either side of a random line, dealt to three workers in turn."""
    draw = Stream(seed).at("classroom/direction").generator()
    points = np.round(draw.uniform(-3.0, 3.0, (RANDOM_POINTS, 2)), 2)
    angle = draw.uniform(0.0, 2.0 * np.pi)
    side = points @ np.array([np.cos(angle), np.sin(angle)])
    labels = np.where(side >= 0.0, 1, -1)
    shows = "Random points on either side of a line, dealt to three workers in turn"
    return _arranged(points, labels, np.arange(RANDOM_POINTS) % 3, shows)


def _real(name: str, columns: tuple[int, int], features: str, samples: int = REAL_SAMPLES) -> Arrangement:
    data = real(name, bias=False, samples=samples)
    points = np.round(data.features[:, columns], 2)
    shows = f"{samples} samples of {name} in {features}, standardised; each class with one worker"
    return _arranged(points, data.labels, (data.labels > 0).astype(int), shows)


def _flipped(samples: Samples, which: tuple[int, ...], shows: str) -> Arrangement:
    """Show some rows x as the point −x with the label −1, which is the same to every method."""
    signs = np.ones(len(samples.features))
    signs[list(which)] = -1.0
    assert samples.workers is not None
    return _arranged(samples.signed * signs[:, None], signs, samples.workers, shows)


def _arranged(points: np.ndarray, labels: np.ndarray, workers: np.ndarray, shows: str) -> Arrangement:
    # 0.0 + x writes −0 as 0.
    pairs = tuple((0.0 + float(x), 0.0 + float(y)) for x, y in points)
    return Arrangement(pairs, tuple(int(y) for y in labels), tuple(int(m) for m in workers), shows)


PRESETS: dict[str, Callable[[int], Arrangement]] = {
    "two workers that disagree (set A)": _set_a,
    "unequal workers (set A′)": _unequal,
    "workers that agree": _aligned,
    "workers that pull apart": _opposite,
    "one support vector": _single,
    "a tie (degenerate)": _degenerate,
    "a small margin": _narrow,
    "order of limits": _order,
    "not separable": _inseparable,
    "random points": _random,
    "iris: petal length and width": lambda _: _real("iris", (2, 3), "petal length and width"),
    "wine: flavanoids and proline": lambda _: _real("wine", (6, 12), "flavanoids and proline"),
    "breast cancer: radius and smoothness": lambda _: _real(
        "breast-cancer", (20, 24), "worst radius and smoothness", 60
    ),
    "breast cancer: radius and texture": lambda _: _real("breast-cancer", (0, 1), "mean radius and texture"),
}
