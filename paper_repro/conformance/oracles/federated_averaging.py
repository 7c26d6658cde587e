"""O1 and O4, heterogeneous workers: x⁺ = x − η_g Σ p_m W_m (x − b_m) with W_m = I − (I − ηA_m)^{H_m}."""

from collections.abc import Iterator
from typing import Any

from paper_repro.conformance.case import Case
from paper_repro.conformance.oracles.paths import limit_case, path_case, rate_cases
from paper_repro.conformance.oracles.sources import Source


SERVER_RATE = 1.5
UNEQUAL = ((10, 2), (2, 10))


def averaging_paths(source: Source) -> Iterator[Case]:
    """Yield the first rounds of O1."""
    name = source.name
    yield path_case(
        f"O1/path@{name}", "O1", "the first rounds are x⁺ = x − Σ p_m W_m (x − b_m)", source.task()
    )
    workers = source.task().workers
    weights = tuple(2.0 * (workers - m) / (workers * (workers + 1)) for m in range(workers))
    yield path_case(
        f"O1/given-weights@{name}",
        "O1",
        "with weights that are not n_m/n they are the same with those",
        source.task(weights=weights),
    )
    yield path_case(
        f"O1/server-rate@{name}",
        "O1",
        f"with server rate η_g = {SERVER_RATE} they are x⁺ = x − η_g Σ p_m W_m (x − b_m)",
        source.task(server_lr=SERVER_RATE),
    )


def averaging_limits(source: Source) -> Iterator[Case]:
    """Yield limit and rate of O1."""
    name = source.name
    limit = "it ends at (Σ p_m W_m)⁻¹ Σ p_m W_m b_m, which is not x*"
    yield limit_case(f"O1/limit@{name}", "O1", limit, source.task())
    yield limit_case(
        f"O1/server-rate-limit@{name}",
        "O1",
        "which the server rate does not move",
        source.task(server_lr=SERVER_RATE),
    )
    rate = "the rounds shrink by the spectral radius of I − Σ p_m W_m"
    yield from rate_cases(f"O1/rate@{name}", "O1", rate, source.task())


def unequal_steps(source: Source) -> Iterator[Case]:
    """Yield O4: unequal H_m under FedAvg, and FedNova, which replaces W_m by τW_m/H_m."""
    for ending, changes in _variants(source):
        if changes:
            title = "with unequal H_m every worker enters by its own W_m"
            yield path_case(f"O4/fedavg-path{ending}", "O4", title, source.task(**changes))
            title = "with unequal H_m it is drawn to the busy workers"
            yield limit_case(f"O4/fedavg-limit{ending}", "O4", title, source.task(**changes))
        task = source.task("fednova", **changes)
        yield path_case(
            f"O4/fednova-path{ending}",
            "O4",
            "FedNova: x⁺ = x − τ Σ p_m W_m/H_m (x − b_m), τ = Σ p_m H_m",
            task,
        )
        yield limit_case(
            f"O4/fednova-limit{ending}",
            "O4",
            "FedNova ends at (Σ p_m W_m/H_m)⁻¹ Σ p_m W_m/H_m b_m, near x*",
            task,
        )


def _variants(source: Source) -> Iterator[tuple[str, dict[str, Any]]]:
    if source.name == "G":
        for steps in UNEQUAL:
            yield f"-{steps[0]}-{steps[1]}@G", {"local_steps": steps}
    else:
        yield f"@{source.name}", {}
