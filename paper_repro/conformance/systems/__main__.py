"""``python -m paper_repro.conformance.systems``: ask systems that nobody here wrote, and print the table."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from implicitbias import BadInput
from paper_repro.conformance.systems import not_run_reason, SYSTEMS
from paper_repro.conformance.systems.page import stale_rows
from paper_repro.conformance.systems.processes import rows_apart
from paper_repro.conformance.systems.table import markdown, Row, rows_of, text


DESCRIPTION = """Ask systems that nobody here wrote what their answers are, by the oracles that have exact ones.

exit codes: 0 no oracle failed (what cannot run is said so); 1 an oracle failed, or the page is stale; 2 bad input"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run systems, each in a process of its own, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m paper_repro.conformance.systems",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all by default: {', '.join(SYSTEMS)}")
    parser.add_argument("--seed", type=int, default=0, help="of the random instances (default 0)")
    parser.add_argument("--markdown", action="store_true", help="print the table of the documentation")
    parser.add_argument("--page", type=Path, help="compare with the table on this page, where versions agree")
    parser.add_argument("--here", metavar="NAME", help="run one system in this process, and print JSON")
    options = parser.parse_args(arguments)
    try:
        return _here(options) if options.here else _apart(options)
    except BadInput as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2


def _here(options: argparse.Namespace) -> int:
    print(json.dumps([row.to_json() for row in rows_of(options.here, options.seed)]))
    return 0


def _apart(options: argparse.Namespace) -> int:
    names = options.names or list(SYSTEMS)
    for name in names:
        if name not in SYSTEMS:
            not_run_reason(name)
    rows = [row for name in names for row in rows_apart(name, options.seed)]
    print(markdown(rows) if options.markdown else text(rows))
    stale = stale_rows(rows, options.page) if options.page else []
    for row in stale:
        print(f"{options.page} says otherwise than: {' | '.join(row.to_json().values())}", file=sys.stderr)
    return int(_failed(rows) or bool(stale))


def _failed(rows: list[Row]) -> bool:
    return any(row.result == "failed" for row in rows)


if __name__ == "__main__":
    sys.exit(main())
