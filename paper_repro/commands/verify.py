"""``paper-repro verify``: verdicts on the terminal, or as JSON."""

import argparse
import json

from paper_repro.claims.result import exit_code
from paper_repro.commands.options import add_verification, verified
from paper_repro.commands.table import details, verdict_table


EXAMPLES = """examples:
  paper-repro verify
  paper-repro verify zhu2024/residual-limit --set local_steps=50 --set lr=0.1
  paper-repro verify soudry2018 --budget paper --jobs 2
  paper-repro verify --json --fresh --seed 7 > verdicts.json"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    add_verification(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Verify and print."""
    results = verified(options)
    if options.json:
        print(json.dumps([r.to_json() for r in results], indent=2, ensure_ascii=False))
    elif len(results) == 1:
        print(details(results[0]))
    else:
        print(verdict_table(results))
    return exit_code(results)
