"""O8: server optimisers: momentum, Nesterov's, and moves that arrive late."""

from collections.abc import Iterator

from paper_repro.conformance.case import Case
from paper_repro.conformance.oracles.paths import limit_case, path_case, rate_cases
from paper_repro.conformance.oracles.sources import Source


# Enough for a velocity to build up, and for a reset in any of the rounds to show.
ROUNDS = 8
SERVERS = {
    "momentum": ("u ← βu + Δ, x ← x + rate·u", {"server_lr": 0.7, "server_momentum": 0.6}),
    "nesterov": (
        "u ← βu + Δ, x ← x + rate·(Δ + βu)",
        {"server_lr": 0.7, "server_momentum": 0.6, "nesterov": True},
    ),
    "delay": ("Δ of round r is applied two rounds later", {"server_lr": 0.5, "delay": 2}),
    "delayed-momentum": (
        "Δ of round r enters the velocity one round later",
        {"server_lr": 0.5, "server_momentum": 0.4, "delay": 1},
    ),
}


def servers(source: Source) -> Iterator[Case]:
    """Yield O8 on one set of samples."""
    for kind, (title, changes) in SERVERS.items():
        task = source.task(rounds=ROUNDS, **changes)
        yield path_case(f"O8/{kind}-path@{source.name}", "O8", title, task)
        limit = f"the limit is that of plain averaging ({title})"
        yield limit_case(f"O8/{kind}-limit@{source.name}", "O8", limit, task)
        rate = f"the rounds shrink by the spectral radius of the companion matrix ({title})"
        yield from rate_cases(f"O8/{kind}-rate@{source.name}", "O8", rate, task)
