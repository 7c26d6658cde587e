"""``paper-repro diff``: what changed between two reports."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from paper_repro.report.diff.changes import ABSENT, Change, ClaimChanges
from paper_repro.report.diff.difference import Difference, difference
from paper_repro.report.diff.movement import Interval, RULE
from paper_repro.report.diff.records import read_results


DIGITS = ".8g"  # where these show no difference, all digits are shown

EXAMPLES = f"""A and B are folders that `report` wrote, or files that `verify --json` printed. Claims are compared
by key, and their numbers by intervals.
{RULE}
Where knobs, seed or budget differ, numbers answer different questions and are not compared.

examples:
  paper-repro diff out/before out/after
  paper-repro diff out/report verdicts.json
  paper-repro diff before.json after.json --json

exit codes: 0 nothing changed; 1 something changed; 2 bad input; 3 nothing changed for certain, but some number
may have moved (unclear)"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument("a", metavar="A", type=Path, help="the former report: a folder or a JSON file")
    parser.add_argument("b", metavar="B", type=Path, help="the latter report: a folder or a JSON file")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare and print."""
    found = difference(read_results("A", options.a), read_results("B", options.b))
    print(json.dumps(found.to_json(), indent=2, ensure_ascii=False) if options.json else text(found))
    return found.exit_code


def text(found: Difference) -> str:
    """Return what changed, a block of lines for each claim, the rule if it was used, and the counts."""
    lone = [f"gone     {r.key} ({r.status.value} in A)" for r in found.gone]
    lone += [f"added    {r.key} ({r.status.value} in B)" for r in found.added]
    blocks = ["\n".join(lone)] if lone else []
    blocks += ["\n".join(_block(claim)) for claim in found.changed]
    if any(isinstance(change.before, Interval) for claim in found.changed for change in claim.changes):
        blocks.append(RULE)
    return "\n\n".join([*blocks, _counts(found)])


def _block(claim: ClaimChanges) -> Iterator[str]:
    yield f"{'changed' if claim.certain else 'unclear':<8} {claim.key}"
    rows = [(_subject(change), *_sides(change)) for change in claim.changes]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for subject, before, after, word in rows:
        yield f"  {subject:<{widths[0]}}  {before:<{widths[1]}} → {after}{word}"
    if not claim.comparable:
        yield "  numbers not compared: another setting asks another question"


def _subject(change: Change) -> str:
    return f"{change.kind} {change.name}".strip()


def _sides(change: Change) -> tuple[str, str, str]:
    before, after = change.before, change.after
    if not isinstance(before, Interval):
        return str(before) or ABSENT, str(after) or ABSENT, ""
    alike = _shown(before, DIGITS) == _shown(after, DIGITS)
    shown = [_shown(side, "" if alike else DIGITS) for side in (before, after)]
    return shown[0], shown[1], "  moved" if change.certain else "  unclear"


def _shown(side: Interval, digits: str) -> str:
    value = "not finite" if side.value is None else f"{side.value:{digits}}"
    return f"{value} ± {side.spread:.2g}" if side.spread else value


def _counts(found: Difference) -> str:
    certain = sum(claim.certain for claim in found.changed)
    parts = [
        f"{certain} changed",
        f"{len(found.changed) - certain} unclear",
        f"{len(found.added)} added",
        f"{len(found.gone)} gone",
        f"{len(found.compared) - len(found.changed)} unchanged",
    ]
    return f"claims: {', '.join(parts)}{_within(sum(claim.within for claim in found.compared))}."


def _within(numbers: int) -> str:
    if numbers == 1:
        return "; 1 number differs by no more than it is known to"
    return f"; {numbers} numbers differ by no more than they are known to" if numbers else ""
