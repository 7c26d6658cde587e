"""Adaptive scalings on one core: the compiled kernel against NumPy and the definition."""

from dataclasses import dataclass

import numpy as np

from benchmarks.contestants import by_definition, by_kernel
from benchmarks.scaled_peers import PEERS
from benchmarks.stopwatch import in_turns, quartiles
from implicitbias import LinearClassification, LocalMethod, Logistic, OASIS, RMSProp, savic, Stream
from implicitbias.data import gaussian_separable
from implicitbias.engine.kernels import find_kernel


LEARNING_RATE = 0.05
LOCAL_STEPS = 20
# Of the size of the curvature: further below, OASIS divides by signs that cancel, and rounding would be amplified.
FLOOR = 0.01
STREAM = Stream(2)
# Rounds over which errors are compared with the definition.
COMPARED_ROUNDS = 20
# Ratio to the NumPy loop with full gradients.
AIM = 25.0


@dataclass(frozen=True)
class Case:
    """A method, and the factor over the NumPy loop that is aimed at, if any."""

    name: str
    method: LocalMethod
    aim: float | None


def cases() -> tuple[Case, ...]:
    """Return both families with full gradients, which have a goal, and with mini-batches of five."""
    families = {"RMSProp": RMSProp(floor=FLOOR), "OASIS": OASIS(floor=FLOOR)}
    return tuple(
        Case(f"{name}, {kind}", savic(LEARNING_RATE, LOCAL_STEPS, scaling, batch), aim)
        for name, scaling in families.items()
        for kind, batch, aim in (("full gradients", None, AIM), ("mini-batches of 5", 5, None))
    )


def compare(problem: LinearClassification, case: Case) -> dict[str, object]:
    """Return seconds per round and ratios of all contestants, and errors of those that draw the same numbers."""
    method, kernel = case.method, find_kernel(problem, case.method)
    contestants = {name: kind(problem, method).run for name, kind in PEERS.items()} | {
        "round_step": lambda r: by_definition(problem, method, r, STREAM),
        "kernel": lambda r: by_kernel(problem, method, r, STREAM),
    }
    expected = contestants["round_step"](COMPARED_ROUNDS)
    seconds = in_turns(contestants)
    rows = []
    for name, work in contestants.items():
        error = np.abs(work(COMPARED_ROUNDS) - expected).max() / np.abs(expected).max()
        rows.append(
            {
                "contestant": name,
                "seconds_per_round": quartiles(seconds[name]).as_dict(),
                # Ratios turn by turn: neighbours in time meet the same load.
                "ratio_to_kernel": quartiles(seconds[name] / seconds["kernel"]).as_dict(),
                "relative_error": float(error) if method.deterministic or name not in PEERS else None,
            }
        )
    return {"case": case.name, "kernel": kernel.name if kernel else "", "aim": case.aim, "rows": rows}


def table(comparison: dict) -> str:
    """Return one comparison as text."""
    aim = f", aim {comparison['aim']:g}× the NumPy loop" if comparison["aim"] else ""
    lines = [f"{comparison['case']}   kernel: {comparison['kernel']}{aim}"]
    lines.append(f"  {'':<20}{'µs/round':>12}{'noise':>8}{'× kernel':>11}{'noise':>8}{'error':>11}")
    for row in comparison["rows"]:
        time, ratio, error = row["seconds_per_round"], row["ratio_to_kernel"], row["relative_error"]
        lines.append(
            f"  {row['contestant']:<20}{1e6 * time['median']:>12.2f}{time['noise']:>8.0%}"
            f"{ratio['median']:>11.1f}{ratio['noise']:>8.0%}"
            + (f"{error:>11.1e}" if error is not None else f"{'own draws':>11}")
        )
    return "\n".join(lines)


def run(full: bool) -> tuple[dict[str, object], str]:
    """Return the record of all cases and its table."""
    del full
    data = gaussian_separable(Stream(0), 100, 50)
    problem = LinearClassification(data.features, data.labels, workers=10, loss=Logistic())
    comparisons = [compare(problem, case) for case in cases()]
    head = f"n=100 d=50 M=10 H={LOCAL_STEPS}, logistic loss, d_min = {FLOOR:g}"
    return {"comparisons": comparisons}, "\n\n".join([head, *(table(c) for c in comparisons)])
