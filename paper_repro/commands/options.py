"""Options that several commands share."""

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

from implicitbias.errors import BadInput
from paper_repro.catalogue import select
from paper_repro.claims.budget import Budget
from paper_repro.claims.cache import Cache
from paper_repro.claims.knobs import ranges, with_values
from paper_repro.claims.result import Result
from paper_repro.claims.verify import Request, verify
from paper_repro.commands.progress import Announcer


def add_verification(parser: argparse.ArgumentParser) -> None:
    """Declare what to verify, how hard, and where results are kept."""
    parser.add_argument("claims", nargs="*", help="keys or papers; all if left out")
    parser.add_argument("--budget", choices=[b.value for b in Budget], default="quick", help="default: quick")
    parser.add_argument("--seed", type=int, default=0, help="seed of all randomness (default 0)")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: all cores)"
    )
    parser.add_argument("--fresh", action="store_true", help="ignore results kept from earlier runs")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for results (default: out)")
    parser.add_argument("--json", action="store_true", help="one JSON array on standard output")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KNOB=VALUE",
        help="turn a knob of every claim that has it",
    )


def verified(options: argparse.Namespace) -> list[Result]:
    """Verify what the options ask for, taking kept results where the same question was answered before."""
    if options.jobs < 1:
        raise BadInput(f"--jobs {options.jobs}: must be at least 1")
    if options.seed < 0:
        raise BadInput(f"--seed {options.seed}: must be a non-negative integer")
    _check_writable(options.out)
    requests = _requests(options.claims, _assignments(options.set))
    budget, cache = Budget(options.budget), Cache(options.out / "cache")
    kept = [None if options.fresh else _kept(cache, r, options.seed, budget) for r in requests]
    missing = [r for r, result in zip(requests, kept, strict=True) if result is None]
    announce = Announcer(len(requests), quiet=options.json)
    fresh = verify(missing, seed=options.seed, budget=budget, jobs=options.jobs, watch=announce.watch)
    results = []
    for result in kept:
        if result is None:
            result = next(fresh)
            cache.put(result)
        announce.finished(result)
        results.append(result)
    return results


def _kept(cache: Cache, request: Request, seed: int, budget: Budget) -> Result | None:
    import dataclasses

    return cache.get(request.claim.key, dataclasses.asdict(request.knobs), seed, budget)


def _assignments(texts: list[str]) -> dict[str, str]:
    for text in texts:
        if not text.partition("=")[0] or "=" not in text:
            raise BadInput(f"--set {text}: must read KNOB=VALUE, such as --set local_steps=50")
    pairs = [text.split("=", 1) for text in texts]
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise BadInput(f"--set {name}: given {names.count(name)} times; give one value")
    return dict(pairs)


def _check_writable(folder: Path) -> None:
    """Refuse a folder that cannot be written, before any work."""
    if folder == Path():
        raise BadInput("--out '': must name a folder; leave it out for ./out, or give a path such as results")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise BadInput(
            f"--out {folder}: cannot be written ({error.strerror}); name a folder of yours"
        ) from error


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
