"""Continuation to round 10^434294, against the exact rounds it replaces: seconds, and digits where both can go."""

import time

import numpy as np

import implicitbias
from benchmarks.stopwatch import in_turns, quartiles
from implicitbias import fast_forward, LinearClassification, local_gd, Stream
from implicitbias.data import gaussian_separable


LOG_TIME = 1e6
LOCAL_STEPS = 10
# n, d, M, η; seconds that are aimed at; rounds to compare with, as a rule and where there is time.
SIZES = (
    (10, 2, 2, 0.5, 0.1, (1_000_000, 10_000_000)),
    (200, 1000, 10, 0.05, 5.0, (20_000, 100_000)),
)


def run(full: bool) -> tuple[dict[str, object], str]:
    """Return the record and its table."""
    rows = [_compare(*size[:5], size[5][full]) for size in SIZES]
    lines = [
        f"  {'n × d':>12}{'s to τ = 10⁶':>14}{'noise':>8}{'aim':>7}{'exact rounds':>14}{'s':>8}"
        f"{'difference':>12}{'estimate':>11}"
    ]
    for r in rows:
        lines.append(
            f"  {r['samples']:>5} × {r['dim']:<4}{r['seconds']['median']:>14.3f}{r['seconds']['noise']:>8.0%}"
            f"{r['aim']:>7g}{r['rounds']:>14}{r['exact_seconds']:>8.2f}{r['difference']:>12.1e}{r['estimate']:>11.1e}"
        )
    return {"log_time": LOG_TIME, "local_steps": LOCAL_STEPS, "rows": rows}, "\n".join(lines)


def _compare(samples: int, dim: int, workers: int, lr: float, aim: float, rounds: int) -> dict:
    """Return seconds to τ = 10⁶, and the relative difference to the exact rounds with its estimate."""
    data = gaussian_separable(Stream(0), samples, dim)
    problem = LinearClassification(data.features, data.labels, workers=workers)
    method = local_gd(lr, LOCAL_STEPS)

    def forward(count: int) -> None:
        for _ in range(count):
            fast_forward(problem, method, LOG_TIME)

    timing = quartiles(in_turns({"forward": forward}, turns=5)["forward"])
    began = time.perf_counter()
    exact = implicitbias.run(problem, method, rounds)
    seconds = time.perf_counter() - began
    continued = fast_forward(problem, method, exact.log_time[-1:])
    size = float(np.linalg.norm(exact.w[0, -1]))
    return {
        "samples": samples,
        "dim": dim,
        "aim": aim,
        "seconds": timing.as_dict(),
        "rounds": rounds,
        "exact_seconds": seconds,
        "difference": float(np.linalg.norm(continued.w[0, -1] - exact.w[0, -1])) / size,
        "estimate": float(np.asarray(continued.extras["residual_error"])[0, -1]) / size,
    }
