"""A wrong step of the server."""

from collections.abc import Iterator

from paper_repro.conformance.diagnosis.mutation import Mutation
from paper_repro.conformance.diagnosis.recipe import Recipe


def server_mutations(recipe: Recipe) -> Iterator[Mutation]:
    """Yield wrong signs, bases, buffers and delays of the server."""
    step = recipe.server
    yield from _bases()
    yield from _rules()
    if step.momentum > 0.0:
        yield from _buffers(step.nesterov)
    if step.rate != 1.0:
        yield Mutation("server rate left out", "the server's rate is 1", lambda r: r.serving(rate=1.0))
        yield Mutation(
            "server rate squared",
            "the server's rate enters twice",
            lambda r: r.serving(rate=r.server.rate**2),
        )
    for extra in (1, 2, -1, -step.delay):
        if step.delay + extra >= 0 and extra:
            yield Mutation(
                f"delay {extra:+d}".replace("-", "−"),
                f"Δ is applied {abs(extra)} round(s) too {'late' if extra > 0 else 'early'}",
                lambda r, e=extra: r.serving(delay=max(r.server.delay + e, 0)),
            )


def _bases() -> Iterator[Mutation]:
    yield Mutation("server's sign", "the server moves along −Δ", lambda r: r.serving(rate=-r.server.rate))
    said = "the server moves from {} instead of from its own vector"
    yield Mutation(
        "server moves from the average",
        said.format("the average of the models"),
        lambda r: r.serving(base="average"),
    )
    yield Mutation("server moves from x⁰", said.format("x⁰"), lambda r: r.serving(base="start"))
    yield Mutation(
        "server moves from the round before",
        said.format("its vector of the round before"),
        lambda r: r.serving(base="previous"),
    )


def _rules() -> Iterator[Mutation]:
    yield Mutation(
        "median, not mean",
        "the server takes the median of moves, coordinate by coordinate",
        lambda r: r.serving(moves="median"),
    )
    for words, schedule in (
        ("1/(r+1)", lambda round_: 1.0 / (round_ + 1)),
        ("1/√(r+1)", lambda round_: (round_ + 1) ** -0.5),
        ("1/(r+2)", lambda round_: 1.0 / (round_ + 2)),
    ):
        yield Mutation(
            f"server rate ∝ {words}",
            f"the server's rate decays over rounds r = 0, 1, … like {words}",
            lambda r, s=schedule: r.serving(schedule=s),
        )
    yield Mutation(
        "server stands still",
        "the server's vector never moves: is the average loaded into it?",
        lambda r: r.serving(rate=0.0),
    )


def _buffers(nesterov: bool) -> Iterator[Mutation]:
    yield Mutation(
        "heavy ball for Nesterov" if nesterov else "Nesterov for heavy ball",
        f"the server takes {'heavy ball' if nesterov else 'Nesterov'} steps, the other momentum was asked",
        lambda r: r.serving(nesterov=not r.server.nesterov),
    )
    yield Mutation(
        "server buffer reset",
        "the server's momentum starts from 0 in every round",
        lambda r: r.serving(resets=True),
    )
    yield Mutation("server momentum absent", "the server has no momentum", lambda r: r.serving(momentum=0.0))
    yield Mutation(
        "server momentum damped",
        "the server's buffer is βu + (1 − β)Δ, where βu + Δ was asked",
        lambda r: r.serving(damping=1.0 - r.server.momentum),
    )
