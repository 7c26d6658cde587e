"""``paper-repro sweep``: one claim at every combination of knobs and seeds, as counts of verdicts or as JSON."""

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product

from implicitbias.archive import check_writable
from implicitbias.errors import BadInput
from paper_repro.catalogue import find
from paper_repro.claims.knobs import with_values
from paper_repro.claims.result import exit_code, Result
from paper_repro.claims.verdict import Status
from paper_repro.claims.verify import Request
from paper_repro.commands.options import add_effort, answered, assignments, executor_of


EXAMPLES = """examples:
  paper-repro sweep zhu2024/residual-limit --set lr=0.05,0.1,0.2 --set local_steps=1,10
  paper-repro sweep zhu2024/local-sgd-same-limit --seeds 0:8 --jobs 2
  paper-repro sweep zhu2024/loss-limit --set lr=0.1,0.2 --seeds 0,3 --scheduler tcp://10.0.0.1:8786 --json"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument("claim", help="key of the claim")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KNOB=VALUE,…",
        help="values of a knob; the others keep theirs",
    )
    parser.add_argument(
        "--seeds", default="0", metavar="SEEDS", help="0:8 for 0 … 7, or a list such as 0,3 (default 0)"
    )
    add_effort(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Verify at every setting and print."""
    claim, values = find(options.claim), _values(options.set)
    settings = [
        with_values(claim.knobs, dict(zip(values, chosen, strict=True)))
        for chosen in product(*values.values())
    ]
    seeds = _seeds(options.seeds)
    executor_of(options)
    check_writable("--out", options.out)
    results = answered([Request(claim, knobs, seed) for knobs in settings for seed in seeds], options)
    if options.json:
        print(json.dumps([r.to_json() for r in results], indent=2, ensure_ascii=False))
    else:
        print(counts(results, tuple(values)))
    return exit_code(results)


def counts(results: Sequence[Result], knobs: Sequence[str]) -> str:
    """Return a table: settings of the swept knobs down, verdicts across, in each cell how many seeds got it."""
    by_setting: dict[tuple[str, ...], list[Result]] = {}
    for result in results:
        by_setting.setdefault(tuple(str(result.knobs[name]) for name in knobs), []).append(result)
    found = [status for status in Status if any(r.status is status for r in results)]
    rows = [(*knobs, *(status.value for status in found), "as expected")]
    rows += [(*setting, *_cells(own, found)) for setting, own in by_setting.items()]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = ["  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]
    expected = sum(r.as_expected for r in results)
    title = f"{results[0].key}: expected {results[0].expected.value}"
    return "\n".join([title, *lines, "", f"{expected} of {len(results)} verdicts as expected."])


def _cells(results: Sequence[Result], found: Sequence[Status]) -> list[str]:
    of_status = Counter(result.status for result in results)
    expected = sum(result.as_expected for result in results)
    return [str(of_status[status] or "–") for status in found] + [f"{expected}/{len(results)}"]


def _values(texts: list[str]) -> Mapping[str, list[str]]:
    values = {name: text.split(",") for name, text in assignments(texts).items()}
    for name, given in values.items():
        if len(set(given)) < len(given) or "" in given:
            raise BadInput(
                f"--set {name}={','.join(given)}: must list distinct values, such as --set lr=0.1,0.2"
            )
    return values


def _seeds(text: str) -> list[int]:
    """Return the seeds of ``low:high`` (high left out, as in Python) or of a list with commas."""
    low, colon, high = text.partition(":")
    try:
        seeds = list(range(int(low or 0), int(high))) if colon else [int(part) for part in text.split(",")]
    except ValueError:
        seeds = []
    if not seeds or min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise BadInput(f"--seeds {text}: must be distinct seeds ≥ 0, written 0:8 for 0 … 7, or 0,3,5")
    return seeds
