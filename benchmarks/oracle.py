"""Certified max-margin separators: seconds per problem."""

from benchmarks.stopwatch import in_turns, quartiles
from implicitbias import max_margin, Stream
from implicitbias.data import gaussian_separable


SIZES = ((10, 2), (200, 2000))
LARGE = (5000, 5000)


def run(full: bool) -> tuple[dict[str, object], str]:
    """Return the record and its table; the largest problem only on request."""
    rows, lines = [], [f"  {'n × d':>12}{'seconds':>10}{'noise':>8}{'relative gap':>14}"]
    for samples, dim in (*SIZES, *((LARGE,) if full else ())):
        data = gaussian_separable(Stream(3), samples, dim)
        signed = data.labels[:, None] * data.features
        last = []

        def solve(count: int, signed=signed, last=last) -> None:
            last[:] = [max_margin(signed) for _ in range(count)]

        timing = quartiles(in_turns({"oracle": solve}, turns=1 if (samples, dim) == LARGE else 5)["oracle"])
        gap = float(last[-1].certificate.relative_gap)
        rows.append({"samples": samples, "dim": dim, "relative_gap": gap} | timing.as_dict())
        lines.append(f"  {samples:>5} × {dim:<4}{timing.median:>10.4f}{timing.noise:>8.0%}{gap:>14.1e}")
    return {"rows": rows}, "\n".join(lines)
