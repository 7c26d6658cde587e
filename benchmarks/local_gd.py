"""Exact Local GD on one core: the compiled kernel against NumPy loops, the definition and the Gram form."""

from dataclasses import dataclass

import numpy as np

from benchmarks.contestants import by_definition, by_kernel, numpy_gram, numpy_loop
from benchmarks.stopwatch import in_turns, quartiles
from implicitbias import LinearClassification, local_gd, Stream
from implicitbias.data import gaussian_separable
from implicitbias.engine.kernels import find_kernel


LEARNING_RATE = 0.5
# Rounds over which errors are compared with the definition.
COMPARED_ROUNDS = 50


@dataclass(frozen=True)
class Setting:
    """Sizes of one comparison, and the factor over the NumPy loop that is aimed at."""

    samples: int
    dim: int
    workers: int
    local_steps: int
    aim: float

    @property
    def name(self) -> str:
        """Return the sizes as text."""
        return f"n={self.samples} d={self.dim} M={self.workers} H={self.local_steps}"


SETTINGS = (
    Setting(10, 2, 2, 10, aim=60.0),
    Setting(100, 50, 10, 20, aim=25.0),
    Setting(200, 2000, 10, 20, aim=40.0),
)


def compare(setting: Setting) -> dict[str, object]:
    """Return seconds per round, ratios and errors of all contestants in one setting."""
    data = gaussian_separable(Stream(0), setting.samples, setting.dim)
    problem = LinearClassification(data.features, data.labels, workers=setting.workers)
    method = local_gd(LEARNING_RATE, setting.local_steps)
    contestants = {
        "NumPy loop": lambda r: numpy_loop(problem, LEARNING_RATE, setting.local_steps, r),
        "round_step": lambda r: by_definition(problem, method, r),
        "NumPy, Gram form": lambda r: numpy_gram(problem, LEARNING_RATE, setting.local_steps, r),
        "kernel": lambda r: by_kernel(problem, method, r),
    }
    expected = contestants["round_step"](COMPARED_ROUNDS)
    seconds = in_turns(contestants)
    rows = []
    for name, work in contestants.items():
        # Ratios turn by turn: neighbours in time meet the same load.
        ratio = quartiles(seconds[name] / seconds["kernel"])
        error = np.abs(work(COMPARED_ROUNDS) - expected).max() / np.abs(expected).max()
        rows.append(
            {
                "contestant": name,
                "seconds_per_round": quartiles(seconds[name]).as_dict(),
                "ratio_to_kernel": ratio.as_dict(),
                "relative_error": float(error),
            }
        )
    kernel = find_kernel(problem, method)
    return {
        "setting": setting.name,
        "kernel": kernel.name if kernel else "",
        "aim": setting.aim,
        "rows": rows,
    }


def table(comparison: dict) -> str:
    """Return one setting's comparison as text."""
    lines = [
        f"{comparison['setting']}   kernel: {comparison['kernel']}, aim {comparison['aim']:g}× the NumPy loop"
    ]
    lines.append(f"  {'':<18}{'µs/round':>12}{'noise':>8}{'× kernel':>11}{'noise':>8}{'error':>11}")
    for row in comparison["rows"]:
        time, ratio = row["seconds_per_round"], row["ratio_to_kernel"]
        lines.append(
            f"  {row['contestant']:<18}{1e6 * time['median']:>12.2f}{time['noise']:>8.0%}"
            f"{ratio['median']:>11.1f}{ratio['noise']:>8.0%}{row['relative_error']:>11.1e}"
        )
    return "\n".join(lines)


def run(full: bool) -> tuple[dict[str, object], str]:
    """Return the record of all settings and its table."""
    del full
    comparisons = [compare(setting) for setting in SETTINGS]
    return {"comparisons": comparisons}, "\n\n".join(table(c) for c in comparisons)
