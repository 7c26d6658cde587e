"""``paper-repro planted-bugs``: which oracle notices which planted bug, and what the diagnosis calls it."""

import argparse

from implicitbias import BadInput
from paper_repro.conformance.oracles import cases
from paper_repro.conformance.planted import Planted, TOPICS
from paper_repro.conformance.planted.matrix import matrix, Row
from paper_repro.conformance.planted.page import markdown_page, told


EXAMPLES = """examples:
  paper-repro planted-bugs
  paper-repro planted-bugs one-step-more stale-control
  paper-repro planted-bugs --markdown > docs/planted-bugs.md

exit codes: 0 every bug is caught and none is given a wrong name; 1 otherwise; 2 bad input"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument("bugs", nargs="*", metavar="BUG", help="names; all if left out")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random instances (default 0)")
    parser.add_argument("--markdown", action="store_true", help="the page of the documentation")
    parser.add_argument("--all", action="store_true", help="ask statistics about all bugs (minutes)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the matrix, row by row or as a page."""
    topics = chosen(options.bugs)
    found: dict[str, list[Row]] = {}
    for topic, bugs in topics.items():
        for row in matrix(bugs, options.seed, exhaustive=options.all):
            found.setdefault(topic, []).append(row)
            if not options.markdown:
                print(f"{row.bug.name:<28} {' '.join(row.caught) or 'escaped':<30} {told(row)}", flush=True)
    if options.markdown:
        print(markdown_page(found, tuple(dict.fromkeys(case.oracle for case in cases(options.seed)))), end="")
    rows = [row for part in found.values() for row in part]
    return int(any(not row.caught or row.verdict == "misnamed" for row in rows))


def chosen(names: list[str]) -> dict[str, tuple[Planted, ...]]:
    """Return the bugs of these names by topic.

    Raises
    ------
    BadInput
        For a name that no bug has.
    """
    known = [bug.name for bugs in TOPICS.values() for bug in bugs]
    for name in names:
        if name not in known:
            raise BadInput(f"{name}: no bug of this name is planted; they are {', '.join(known)}")
    kept = {topic: tuple(b for b in bugs if not names or b.name in names) for topic, bugs in TOPICS.items()}
    return {topic: bugs for topic, bugs in kept.items() if bugs}
