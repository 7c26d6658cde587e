"""``paper-repro check-simulator``: oracles with exact answers, pointed at somebody's federated code."""

import argparse
import contextlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from implicitbias.archive import check_writable
from paper_repro.conformance.case import Case, told
from paper_repro.conformance.loading import load_simulator
from paper_repro.conformance.oracles import cases
from paper_repro.conformance.outcome import Outcome, Status
from paper_repro.conformance.suite import concluded, outcomes, select, Suite
from paper_repro.conformance.task import FEATURES, Simulator


EXAMPLES = f"""A simulator is called with a task (features, labels, lr, local_steps, rounds, weights, start, seed, …)
and returns the server's vector after every round. It may declare what it offers in an attribute `supports`:
{", ".join(FEATURES)};
one that declares nothing is asked for FedAvg alone.

examples:
  paper-repro check-simulator my_simulator:run
  paper-repro check-simulator path/to/simulator.py:Simulator --report out/simulator
  paper-repro check-simulator my_simulator:run --only O1 O3/path --seed 7
  paper-repro check-simulator my_simulator:run --json > outcome.json

exit codes: 0 all that was run passed; 1 something failed or broke; 2 bad input;
3 nothing failed, but too little was drawn to decide, or nothing could be run; 130 interrupted"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument(
        "simulator",
        metavar="MODULE:OBJECT",
        help="a function of a task, or a class of such; also FILE.py:OBJECT",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the random instances (default 0)")
    parser.add_argument("--instances", type=int, default=1, metavar="K", help="random instances (default 1)")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="ORACLE", help="oracles or cases, such as O1 or O3/path"
    )
    parser.add_argument("--thorough", action="store_true", help="count draws ten times as long")
    parser.add_argument("--report", type=Path, metavar="DIR", help="write a page and a JSON file there")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check and print; an interrupted check keeps what it found."""
    chosen = select(cases(options.seed, options.instances, thorough=options.thorough), options.only)
    if options.report is not None:
        check_writable("--report", options.report)
    with contextlib.redirect_stdout(sys.stderr):  # whatever a simulator prints
        simulator = load_simulator(options.simulator)
        # On a terminal only: a log needs no bar.
        with tqdm(total=len(chosen), unit="case", file=sys.stderr, disable=None, leave=False) as bar:
            found, complete = _watched(simulator, chosen, bar, options.json)
        conclusions = concluded(found)
    suite = Suite(conclusions, options.simulator, options.seed, options.instances, options.thorough, complete)
    print(json.dumps(suite.to_json(), indent=2, ensure_ascii=False) if options.json else summary(suite))
    if options.report is not None:
        from paper_repro.conformance.page import write_report

        print(
            f"report: {write_report(suite, options.report)}", file=sys.stderr if options.json else sys.stdout
        )
    return suite.exit_code


def summary(suite: Suite) -> str:
    """Return failures with their numbers, the likely causes, and the counts."""
    lines = [line for outcome in suite.failures for line in (told(outcome), "")]
    lines += [f"undecided {outcome.case}: {outcome.message}" for outcome in suite.having(Status.UNDECIDED)]
    lines += list(_skipped(suite)) + list(_causes(suite))
    counts = ", ".join(f"{n} {status.value}" for status in Status if (n := len(suite.having(status))))
    ending = "" if suite.complete else "; interrupted, the rest was not asked"
    return "\n".join([*lines, f"{suite.simulator}: {counts or 'nothing was asked'}{ending}"])


def _skipped(suite: Suite):
    """Yield a line for every reason why cases were not run."""
    skipped = suite.having(Status.NOT_RUN)
    for reason in dict.fromkeys(outcome.message for outcome in skipped):
        same = [outcome for outcome in skipped if outcome.message == reason]
        yield f"not run: {len(same)} case{'s' if len(same) > 1 else ''} ({reason})"


def _causes(suite: Suite):
    """Yield a line for every likely cause, and one for the failing paths that have none."""
    total = len(suite.paths)
    for cause, explained in suite.causes.items():
        share = "all" if len(explained) == total > 1 else f"{len(explained)} of"
        yield f"likely cause (explains {share} {total} failing path{'s' if total > 1 else ''}): {cause}"
    if suite.unexplained:
        names = ", ".join(outcome.case for outcome in suite.unexplained)
        yield f"cause unknown for {len(suite.unexplained)} of {total} failing paths: {names}"


def _watched(
    simulator: Simulator, chosen: Sequence[Case], bar: "tqdm[Any]", quiet: bool
) -> tuple[list[Outcome], bool]:
    """Return the outcomes, and whether these are all; failures are announced as they come."""
    found: list[Outcome] = []
    try:
        for outcome in outcomes(simulator, chosen):
            found.append(outcome)
            if outcome.status.bad and not quiet:
                bar.write(f"{outcome.status.value:<7} {outcome.case}", file=sys.stderr)
            bar.update()
    except KeyboardInterrupt:
        return found, False
    return found, True
