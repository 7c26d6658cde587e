"""Local SGD with replicas: the compiled kernel, Philox included, against the definition on the same words."""

import numpy as np

from benchmarks.stopwatch import in_turns, quartiles
from implicitbias import initial_state, LinearClassification, local_sgd, round_step, Stream
from implicitbias.data import gaussian_separable
from implicitbias.engine.kernels import find_kernel


REPLICAS = 64
COMPARED_ROUNDS = 20


def run(full: bool) -> tuple[dict[str, object], str]:
    """Return the record and its table, with and without replacement."""
    del full
    data = gaussian_separable(Stream(1), 100, 50)
    problem = LinearClassification(data.features, data.labels, workers=10)
    rows = [_compare(problem, replacement) for replacement in (True, False)]
    lines = [f"n=100 d=50 M=10 H=20 B=2, {REPLICAS} replicas, µs per round and replica"]
    lines.append(f"  {'':<22}{'definition':>12}{'kernel':>10}{'ratio':>8}{'noise':>8}{'error':>11}")
    for r in rows:
        lines.append(
            f"  {r['draws']:<22}{r['definition']['median'] * 1e6:>12.2f}{r['kernel']['median'] * 1e6:>10.2f}"
            f"{r['ratio']['median']:>8.1f}{r['ratio']['noise']:>8.0%}{r['relative_error']:>11.1e}"
        )
    return {"replicas": REPLICAS, "rows": rows}, "\n".join(lines)


def _compare(problem: LinearClassification, replacement: bool) -> dict:
    method, stream = local_sgd(0.3, 20, 2, replacement=replacement), Stream(2)
    state = initial_state(problem, method, replicas=np.arange(REPLICAS))
    kernel = find_kernel(problem, method, many=True)
    assert kernel is not None

    def defined(rounds: int) -> np.ndarray:
        reached = state
        for _ in range(rounds):
            reached = round_step(problem, method, reached, stream)
        return reached.w

    def compiled(rounds: int) -> np.ndarray:
        return kernel.advance(problem, method, state, stream, rounds)[0].w

    seconds = in_turns({"definition": defined, "kernel": compiled}, turns=5)
    expected = defined(COMPARED_ROUNDS)
    return {
        "draws": "with replacement" if replacement else "without replacement",
        "definition": quartiles(seconds["definition"] / REPLICAS).as_dict(),
        "kernel": quartiles(seconds["kernel"] / REPLICAS).as_dict(),
        "ratio": quartiles(seconds["definition"] / seconds["kernel"]).as_dict(),
        "relative_error": float(np.abs(compiled(COMPARED_ROUNDS) - expected).max() / np.abs(expected).max()),
    }
