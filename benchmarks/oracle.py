"""Certified max-margin separators, next to what else one would call, with errors against the certified answer."""

import time
from collections.abc import Callable

import numpy as np

from benchmarks.stopwatch import in_turns, quartiles
from implicitbias import max_margin, Stream
from implicitbias.data import gaussian_separable


SIZES = ((10, 2), (200, 2000))
LARGE = (5000, 5000)
# The penalty that makes the soft margin of scikit-learn a hard one: far above the multipliers of these data.
HARD = 1e8
# Fewer, where one solution takes minutes.
TURNS, LARGE_TURNS = 5, 1


def run(full: bool) -> tuple[dict[str, object], str]:
    """Return the record and its table; the largest problem only on request, and for this oracle alone."""
    rows, lines = [], [f"  {'n × d':>12}  {'solver':<28}{'seconds':>10}{'noise':>8}{'error':>11}"]
    for samples, dim in (*SIZES, *((LARGE,) if full else ())):
        data = gaussian_separable(Stream(3), samples, dim)
        solvers = SOLVERS if (samples, dim) != LARGE else {OWN: SOLVERS[OWN]}
        turns = TURNS if (samples, dim) != LARGE else LARGE_TURNS
        for row in _compare(data.labels[:, None] * data.features, solvers, turns):
            rows.append({"samples": samples, "dim": dim} | row)
            lines.append(
                f"  {samples:>5} × {dim:<4}  {row['solver']:<28}{row['median']:>10.4f}"
                f"{row['noise']:>8.0%}{row['relative_error']:>11.1e}"
            )
    return {"rows": rows}, "\n".join(lines)


def _compare(signed: np.ndarray, solvers: dict[str, Callable], turns: int) -> list[dict[str, object]]:
    expected = max_margin(signed)
    timed = {name: _repeated(solve, signed) for name, solve in solvers.items()}
    seconds = in_turns(timed, turns, time.process_time)
    return [
        {
            "solver": name,
            "relative_error": float(
                np.abs(solve(signed) - expected.weights).max() / np.abs(expected.weights).max()
            ),
            "certified_gap": float(expected.certificate.relative_gap),
        }
        | quartiles(seconds[name]).as_dict()
        for name, solve in solvers.items()
    ]


def _repeated(solve: Callable[[np.ndarray], np.ndarray], signed: np.ndarray) -> Callable[[int], None]:
    def work(count: int) -> None:
        for _ in range(count):
            solve(signed)

    return work


def _certified(signed: np.ndarray) -> np.ndarray:
    return max_margin(signed).weights


def _vector_machine(signed: np.ndarray) -> np.ndarray:
    """Return scikit-learn's answer: rows and their mirror images are two classes whose separator has no intercept."""
    from sklearn.svm import SVC

    both = np.concatenate([signed, -signed])
    labels = np.repeat([1, -1], len(signed))
    return SVC(kernel="linear", C=HARD, tol=1e-10).fit(both, labels).coef_[0]


def _modelled(signed: np.ndarray) -> np.ndarray:
    """Return cvxpy's answer with its own choice of solver and tolerances."""
    import cvxpy

    w = cvxpy.Variable(signed.shape[1])
    cvxpy.Problem(cvxpy.Minimize(cvxpy.sum_squares(w)), [signed @ w >= 1]).solve()
    return np.asarray(w.value)


OWN = "max_margin (certified)"
SOLVERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    OWN: _certified,
    "scikit-learn SVC": _vector_machine,
    "cvxpy, as it comes": _modelled,
}
