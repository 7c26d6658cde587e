"""``paper-repro report``: verify, draw, and write a static site."""

import argparse
import sys
from pathlib import Path

from paper_repro.catalogue import find
from paper_repro.claims.budget import Budget
from paper_repro.claims.result import exit_code
from paper_repro.commands.options import add_verification, verified
from paper_repro.commands.table import verdict_table


EXAMPLES = """examples:
  paper-repro report
  paper-repro report zhu2024 --budget smoke
  paper-repro report --budget paper --jobs 4 --out results"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    add_verification(parser)
    parser.add_argument("--data-home", type=Path, help="folder of the MNIST files, for the gallery")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Verify, draw, write; end with the verdicts and the path of the index.

    The gallery belongs to the whole catalogue: who asks for a few claims waits for these only.
    """
    from paper_repro.report.making import make_report
    from paper_repro.report.plates import gallery, Maker
    from paper_repro.report.site import records

    results = verified(options)
    report = make_report(
        results,
        {result.key: find(result.key) for result in results},
        options.out / "report",
        maker=Maker(
            kept=options.out / "cache" / "figures",
            seed=options.seed,
            budget=Budget(options.budget),
            data_home=options.data_home,
            jobs=options.jobs,
        ),
        gallery=() if options.claims else gallery(),
        say=lambda text: _say(text, options),
    )
    for kind, figures in (("not drawn", report.missing), ("failed", report.failed)):
        for name, reason in figures.items():
            _say(f"{kind}: figure {name}: {reason}", options)
    print(
        records(results).rstrip() if options.json else f"{verdict_table(results)}\n\nreport: {report.index}"
    )
    return 1 if report.failed else exit_code(results)


def _say(text: str, options: argparse.Namespace) -> None:
    if not options.json:
        print(text, file=sys.stderr, flush=True)
