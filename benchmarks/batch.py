"""A batch of 64 runs of exact Local GD on one core: this engine and its peers, side by side."""

import time
from collections.abc import Callable

import numpy as np

from benchmarks import batch_jax, batch_numpy, batch_torch
from benchmarks.setting import Setting
from benchmarks.stopwatch import in_turns, quartiles
from implicitbias import local_gd, RecordAt
from implicitbias import run as run_method


SETTINGS = (
    Setting(10, 2, 2, 10, goals={"Python loop": 300.0, "JAX weights": 6.0, "JAX Gram": 3.0}),
    Setting(200, 2000, 10, 20, goals={"Python loop": 40.0, "JAX weights": 10.0}),
)
ENGINE, ALONE = "this engine", "this engine, run by run"
# A turn covers what a run needs before its first round and after its last, too: a second makes these small.
TURN_SECONDS, TURNS = 1.0, 5
# Rounds and runs over which models are compared with sums in longer doubles.
COMPARED_ROUNDS, COMPARED_RUNS = 10, 2


def run(full: bool) -> tuple[dict[str, object], str]:
    """Return the record of all settings and its table."""
    del full
    comparisons = [compare(setting) for setting in SETTINGS]
    return {"comparisons": comparisons}, "\n\n".join(table(c) for c in comparisons)


def compare(setting: Setting) -> dict[str, object]:
    """Return seconds per round of the batch, ratios and errors of all contestants, and which goals are met."""
    torch, absent = batch_torch.contestants(setting)
    jax = batch_jax.contestants(setting)
    if not jax:
        absent["JAX"] = "not installed; make bench installs it"
    contestants = engine(setting) | batch_numpy.contestants(setting) | jax | torch
    expected = reference(setting)
    seconds = in_turns(contestants, TURNS, time.process_time, TURN_SECONDS)
    rows = [
        {
            "contestant": name,
            "seconds_per_round": quartiles(seconds[name]).as_dict(),
            "ratio_to_engine": quartiles(seconds[name] / seconds[ENGINE]).as_dict(),
            "relative_error": _error(work(COMPARED_ROUNDS), expected),
        }
        for name, work in contestants.items()
    ]
    return {"setting": setting.name, "rows": rows, "absent": absent, "goals": goals(setting, rows)}


def engine(setting: Setting) -> dict[str, Callable[[int], np.ndarray]]:
    """Return this engine through its public door: all runs at once, and one after the other."""
    method, last = local_gd(setting.lr, setting.local_steps), RecordAt.last()

    def together(rounds: int) -> np.ndarray:
        starts = setting.starts
        trace = run_method(
            setting.problem, method, rounds, start=starts, replicas=len(starts), record=last, progress=False
        )
        return trace.w[:, -1]

    def apart(rounds: int) -> np.ndarray:
        return np.concatenate(
            [
                run_method(setting.problem, method, rounds, start=w, record=last, progress=False).w[:, -1]
                for w in setting.starts
            ]
        )

    return {ENGINE: together, ALONE: apart}


def reference(setting: Setting) -> np.ndarray:
    """Return the first runs' models after a few rounds, by sums in numbers longer than doubles.

    Raises
    ------
    RuntimeError
        On a processor whose longest numbers are doubles.
    """
    if np.finfo(np.longdouble).eps > np.finfo(np.float64).eps / 100:
        raise RuntimeError("longdouble is no longer than double here: run the benchmark on an x86 processor")
    w = setting.starts[:COMPARED_RUNS].astype(np.longdouble)
    blocks = setting.rows.reshape(setting.workers, -1, setting.dim).astype(np.longdouble)
    rate = np.longdouble(setting.lr) / blocks.shape[1]
    for _ in range(COMPARED_ROUNDS):
        ends = np.zeros_like(w)
        for rows in blocks:
            v = w.copy()
            for _ in range(setting.local_steps):
                v += rate * (np.exp(-(v @ rows.T)) @ rows)
            ends += v
        w = ends / setting.workers
    return w


def _error(models: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(models[: len(expected)] - expected).max() / np.abs(expected).max())


def goals(setting: Setting, rows: list[dict]) -> list[dict[str, object]]:
    """Return, for every ratio aimed at, the one over the fastest contestant of its kind, and whether it is met."""
    results = []
    for kind, aim in setting.goals.items():
        ratios = {
            r["contestant"]: r["ratio_to_engine"]["median"] for r in rows if r["contestant"].startswith(kind)
        }
        if ratios:
            fastest = min(ratios, key=lambda name: ratios[name])
            results.append(
                {
                    "over": kind,
                    "aim": aim,
                    "fastest": fastest,
                    "ratio": ratios[fastest],
                    "met": ratios[fastest] >= aim,
                }
            )
    return results


def table(comparison: dict) -> str:
    """Return one setting's comparison as text."""
    lines = [comparison["setting"]]
    lines.append(f"  {'':<26}{'µs/round':>12}{'noise':>8}{'× engine':>11}{'noise':>8}{'error':>11}")
    for row in comparison["rows"]:
        time, ratio = row["seconds_per_round"], row["ratio_to_engine"]
        lines.append(
            f"  {row['contestant']:<26}{1e6 * time['median']:>12.2f}{time['noise']:>8.0%}"
            f"{ratio['median']:>11.2f}{ratio['noise']:>8.0%}{row['relative_error']:>11.1e}"
        )
    lines += [f"  {name}: {why}" for name, why in comparison["absent"].items()]
    for goal in comparison["goals"]:
        said = "met" if goal["met"] else "NOT met"
        lines.append(
            f"  aim {goal['aim']:g}× {goal['over']}: {goal['ratio']:.1f}× ({goal['fastest']}), {said}"
        )
    return "\n".join(lines)
