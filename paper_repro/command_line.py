"""The command ``paper-repro``: parse, run one command, turn bad input into one line and exit code 2."""

import argparse
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from implicitbias.errors import BadInput, WorkersLost


DESCRIPTION = """Check the theory of local methods, claim by claim.

exit codes: 0 all as expected; 1 an unexpected verdict, a toothless claim or an error;
2 bad input; 3 only undecided claims left; 130 interrupted"""

COMMANDS = {
    "list": "list the claims",
    "verify": "verify claims: prediction, measurement, verdict, falsifiers",
    "sweep": "verify one claim at many knobs and seeds: which verdict where",
    "figures": "draw the figures",
    "report": "verify, draw, and write the report as a static site",
    "diff": "see which verdicts and numbers changed between two reports",
    "class": "teach: lessons in the browser, served by this machine alone",
    "check-simulator": "test a federated simulator of yours against exact answers",
    "planted-bugs": "see which oracle notices which planted bug, and what the diagnosis calls it",
    "cite": "print the BibTeX entries of claims or papers",
}

# A module named by a keyword of Python could not be imported by name.
MODULES = {"class": "classroom"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="paper-repro", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="command")
    given = list(sys.argv[1:] if arguments is None else arguments)
    for name, summary in COMMANDS.items():
        subparser = subparsers.add_parser(
            name, help=summary, description=summary, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        # Only the command that is asked for is imported: `--help` stays quick.
        if given[:1] == [name]:
            _module(name).configure(subparser)
    # A process that had grown was replaced between two tasks: nothing is lost, and nobody has to do anything.
    warnings.filterwarnings("ignore", message="A worker stopped while some jobs", category=UserWarning)
    return _guarded(parser.parse_args(given))


def _module(command: str) -> Any:
    return import_module(f"paper_repro.commands.{MODULES.get(command, command.replace('-', '_'))}")


def _guarded(options: argparse.Namespace) -> int:
    try:
        return options.run(options)
    except BadInput as error:
        print(f"paper-repro {options.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "\ninterrupted: the runs and verdicts finished so far are kept, and the next run goes on from them",
            file=sys.stderr,
        )
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except (OSError, WorkersLost) as error:
        print(f"paper-repro {options.command}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
