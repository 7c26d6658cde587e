"""``paper-repro cite``: BibTeX of claims or papers."""

import argparse
import json

from paper_repro.bibliography import BIBTEX, bibtex
from paper_repro.catalogue import find


EXAMPLES = """examples:
  paper-repro cite zhu2024/residual-limit
  paper-repro cite soudry2018 > references.bib"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument("keys", nargs="+", help="claims or papers")
    parser.add_argument("--json", action="store_true", help="one JSON object: key to BibTeX")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print each entry once."""
    papers = dict.fromkeys(_paper(key) for key in options.keys)
    entries = {paper: bibtex(paper) for paper in papers}
    print(
        json.dumps(entries, indent=2, ensure_ascii=False) if options.json else "\n\n".join(entries.values())
    )
    return 0


def _paper(key: str) -> str:
    """Return the bib key of a paper, or of the reference of a claim."""
    return key if key in BIBTEX or "/" not in key else find(key).reference.paper
