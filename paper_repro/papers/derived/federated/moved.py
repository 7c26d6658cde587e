"""Federated methods know no origin and no axes: shifted or rotated losses shift or rotate the path."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from implicitbias import Fixed, Quadratics, Stream
from paper_repro.claims import Claim, closed_form, Falsifier, Reference
from paper_repro.claims.unlike_workers import FederatedCase
from paper_repro.papers.derived.federated.pairs import needs, observe, Pair, Pairs, predict
from paper_repro.papers.derived.federated.renamed import MethodKnobs, of_method, ROUNDS


SHIFTED, TURNED = "distance from the shifted path", "distance from the rotated path"


def shifted(case: FederatedCase, shift: Float[np.ndarray, " dim"]) -> FederatedCase:
    """Return f_m(· − s), from x⁰ + s."""
    assert isinstance(case.problem, Quadratics)
    problem = Quadratics(case.problem.hessians, case.problem.centres + shift)
    return replace(case, problem=problem, start=tuple(map(float, np.array(case.start) + shift)))


def turned(case: FederatedCase, turn: Float[np.ndarray, "dim dim"]) -> FederatedCase:
    """Return f_m(Qᵀ·), from Qx⁰."""
    assert isinstance(case.problem, Quadratics)
    hessians = turn @ case.problem.hessians @ turn.T
    problem = Quadratics((hessians + hessians.swapaxes(1, 2)) / 2.0, case.problem.centres @ turn.T)
    return replace(case, problem=problem, start=tuple(map(float, turn @ np.array(case.start))))


def pairs(case: FederatedCase, name: str, stream: Stream) -> Pairs:
    """Return both motions, drawn."""
    draw, dim = stream.at("motion").generator(), case.problem.dim
    shift, turn = draw.normal(size=dim), np.linalg.qr(draw.normal(size=(dim, dim)))[0]
    here, moved, rotated = (one.run(ROUNDS) for one in (case, shifted(case, shift), turned(case, turn)))
    return {
        SHIFTED: Pair(here, moved, ("path + s", "path of f_m(x − s)"), name, shift=shift),
        TURNED: Pair(here, rotated, ("Q·path", "path of f_m(Qᵀx)"), name, turn=turn),
    }


def setup(knobs: MethodKnobs, stream: Stream) -> Pairs:
    """Return both motions of the method."""
    return pairs(of_method(knobs, stream), knobs.method, stream)


def scaled(knobs: MethodKnobs, stream: Stream) -> Pairs:
    """Return FedAvg whose steps are divided by a diagonal that stays where it is."""
    case = of_method(replace(knobs, method="fedavg"), stream)
    diagonal = Fixed(tuple(map(float, np.linspace(1.0, 2.0, case.problem.dim))))
    return pairs(case.with_method(replace(case.method, scaling=diagonal)), "fedavg", stream)


def fixed_start(knobs: MethodKnobs, stream: Stream) -> Pairs:
    """Return the shifted losses, from the start that was not shifted."""
    case = of_method(knobs, stream)
    found = dict(pairs(case, knobs.method, stream))
    stays = replace(found[SHIFTED].second, start=case.start)
    return {**found, SHIFTED: replace(found[SHIFTED], second=stays)}


CLAIM = Claim(
    key="derived/federated-moved",
    title="Shifted or rotated losses shift or rotate the path of every federated method, unless a diagonal scales it",
    statement=(
        r"For FedAvg, FedProx, SCAFFOLD and FedNova the path of $f_m(\cdot-s)$ from $x^0+s$ is the path of $f_m$ plus "
        r"$s$, and that of $f_m(Q^\top\cdot)$ from $Qx^0$ is $Q$ times it, $Q$ orthogonal, to rounding. A diagonal "
        r"scaling $\hat D\ne I$ breaks the second, which tests whether a simulator scales unasked."
    ),
    hypotheses=("full gradients, all workers take part", "no scaling but multiples of I"),
    reference=Reference("derived", "federated methods"),
    source="derived",
    proof=(
        r"$\nabla(f\circ Q^\top)(Qx)=Q\nabla f(x)$, and steps, pulls, controls (which turn with the gradients) and "
        r"averages are linear combinations whose coefficients are numbers; those of models sum to 1."
    ),
    knobs=MethodKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("a diagonal scaling", "a positive definite matrix is a change of axes", setup=scaled),
        Falsifier("a start that stays", "the start is forgotten in the end", setup=fixed_start),
    ),
    see=("derived/federated-renamed", "derived/scaled-features"),
    axes=("communication rounds r", "first coordinate of x", "linear", "linear"),
)
