"""``paper-repro list``: the claims, without importing them."""

import argparse
import json
from collections.abc import Sequence

from paper_repro.catalogue import Entry, select
from paper_repro.outside import Guest


EXAMPLES = """examples:
  paper-repro list
  paper-repro list zhu2024
  paper-repro list --markdown > claims.md"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument(
        "claims", nargs="*", help="keys or papers, also of a module of yours; all of ours if left out"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON array")
    form.add_argument("--markdown", action="store_true", help="a table in Markdown")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the entries."""
    entries = select(options.claims)
    if options.json:
        names = ("key", "paper", "title", "source", "expects")
        print(
            json.dumps(
                [{name: getattr(e, name) for name in names} for e in entries], indent=2, ensure_ascii=False
            )
        )
    elif options.markdown:
        print(markdown_table(entries))
    else:
        width = max(len(e.key) for e in entries)
        for entry in entries:
            print(f"{entry.key:<{width}}  {entry.source:<11}  {entry.title}{_expected(entry)}")
    return 0


def markdown_table(entries: Sequence[Entry | Guest]) -> str:
    """Return the table of claims that the README shows."""
    head = ["| claim | statement | source | expected |", "|---|---|---|---|"]
    return "\n".join(head + [f"| `{e.key}` | {e.title} | {e.source} | {e.expects} |" for e in entries])


def _expected(entry: Entry | Guest) -> str:
    return "" if entry.expects == "HOLDS" else f"  [expected: {entry.expects}]"
