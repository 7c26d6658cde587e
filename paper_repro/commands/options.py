"""Options that several commands share."""

import argparse
import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from implicitbias import Cluster
from implicitbias.archive import check_writable
from implicitbias.errors import BadInput
from implicitbias.tasks import AbstractExecutor, on_this_machine
from paper_repro.catalogue import select
from paper_repro.claims.budget import Budget
from paper_repro.claims.cache import Cache
from paper_repro.claims.knobs import ranges, with_values
from paper_repro.claims.result import Result
from paper_repro.claims.verify import Request, verify
from paper_repro.commands.progress import Announcer


def add_verification(parser: argparse.ArgumentParser) -> None:
    """Declare what to verify, how hard, by whom, and where results are kept."""
    parser.add_argument(
        "claims", nargs="*", help="keys or papers, also of a module of yours; all of ours if left out"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of all randomness (default 0)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KNOB=VALUE",
        help="turn a knob of every claim that has it",
    )
    add_effort(parser)


def add_effort(parser: argparse.ArgumentParser) -> None:
    """Declare how hard to try, by whom, and where results are kept."""
    parser.add_argument("--budget", choices=[b.value for b in Budget], default="quick", help="default: quick")
    add_executor(parser)
    parser.add_argument("--fresh", action="store_true", help="ignore results kept from earlier runs")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for results (default: out)")
    parser.add_argument("--json", action="store_true", help="one JSON array on standard output")


def add_executor(parser: argparse.ArgumentParser) -> None:
    """Declare who works: processes of this machine, or a cluster."""
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: all cores)"
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="verify on the workers of this Dask scheduler, e.g. tcp://10.0.0.1:8786",
    )


def verified(options: argparse.Namespace) -> list[Result]:
    """Verify what the options ask for, taking kept results where the same question was answered before."""
    if options.seed < 0:
        raise BadInput(f"--seed {options.seed}: must be a non-negative integer")
    executor_of(options)
    check_writable("--out", options.out)
    return answered(_requests(options.claims, assignments(options.set)), options)


def answered(requests: Sequence[Request], options: argparse.Namespace) -> list[Result]:
    """Return the result of every request, kept or new."""
    budget, cache = Budget(options.budget), Cache(options.out / "cache", fresh=options.fresh)
    requests = [dataclasses.replace(r, seed=options.seed) if r.seed is None else r for r in requests]
    kept = [_kept(cache, request, budget) for request in requests]
    missing = [r for r, result in zip(requests, kept, strict=True) if result is None]
    announce = Announcer(len(requests), quiet=options.json)
    fresh = verify(missing, budget=budget, on=executor_of(options), watch=announce.watch, cache=cache)
    results = []
    for result in kept:
        result = next(fresh) if result is None else result
        announce.finished(result)
        results.append(result)
    # To its end, where it lets go of the runs of the last claims.
    next(fresh, None)
    return results


def executor_of(options: argparse.Namespace) -> AbstractExecutor:
    """Return who works.

    Raises
    ------
    BadInput
        For a number of processes, or an address, that is none.
    """
    if options.jobs < 1:
        raise BadInput(f"--jobs {options.jobs}: must be at least 1")
    return Cluster(options.scheduler) if options.scheduler is not None else on_this_machine(options.jobs)


def _kept(cache: Cache, request: Request, budget: Budget) -> Result | None:
    return cache.get(request.claim.key, dataclasses.asdict(request.knobs), request.seed or 0, budget)


def assignments(texts: list[str]) -> dict[str, str]:
    """Return what ``--set NAME=TEXT`` sets, each name once."""
    for text in texts:
        if not text.partition("=")[0] or "=" not in text:
            raise BadInput(f"--set {text}: must read KNOB=VALUE, such as --set local_steps=50")
    pairs = [text.split("=", 1) for text in texts]
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise BadInput(f"--set {name}: given {names.count(name)} times; give one value")
    return dict(pairs)


def _requests(patterns: list[str], values: dict[str, str]) -> list[Request]:
    claims = [entry.load() for entry in select(patterns)]
    requests = [Request(claim, _turned(claim.knobs, values)) for claim in claims]
    for name in values:
        if not any(name in ranges(claim.knobs) for claim in claims):
            known = sorted({knob for claim in claims for knob in ranges(claim.knobs)})
            raise BadInput(
                f"--set {name}: no selected claim has this knob; they have {', '.join(known) or 'none'}"
            )
    return requests


def _turned(knobs: Any, values: dict[str, str]) -> Any:
    own = {name: value for name, value in values.items() if name in ranges(knobs)}
    return with_values(knobs, own)
