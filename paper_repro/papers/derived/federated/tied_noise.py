"""Equal Hessians and noise that belongs to (worker, step): x̂ after T steps does not know how they were cut."""

from dataclasses import dataclass

from implicitbias import fedavg, RecordAt, RunSpec, Stream
from implicitbias.problems import NoisyQuadratics, TwoPoint
from paper_repro.claims import Claim, closed_form, Falsifier, knob, Reference
from paper_repro.claims.unlike_workers import unlike_quadratics
from paper_repro.papers.derived.federated.pairs import needs, observe, Pair, Pairs, predict


GAP = "distance of the paths with H and 1 local steps"
STEPS = 16


@dataclass(frozen=True)
class NoiseKnobs:
    """Workers with one Hessian and minimisers of their own, and their noise."""

    workers: int = knob(4, "M", "workers", low=2, high=5)
    dim: int = knob(3, "d", "dimension", low=1, high=5)
    share: float = knob(0.1, "s", "η as a share of 2/λ_max", low=0.02, high=0.9, log=True)
    local_steps: int = knob(4, "H", "local steps", choices=(2, 4, 8))
    noise: float = knob(1.0, "σ", "size of the noise", low=0.1, high=3.0)


def pair(knobs: NoiseKnobs, stream: Stream, *, alike: bool = True, other: Stream | None = None) -> Pairs:
    """Return H and 1 local steps over the same steps, with the same noise unless another stream is given."""
    found = unlike_quadratics(knobs.workers, knobs.dim, stream, alike=alike)
    problem = NoisyQuadratics(found.hessians, found.centres, knobs.noise, TwoPoint())
    weights = tuple(map(float, stream.at("weights").generator().uniform(0.5, 1.5, size=knobs.workers)))

    def run(steps: int, source: Stream) -> RunSpec:
        method = fedavg(2.0 * knobs.share / found.smoothness, steps, weights, batch=1)
        record = RecordAt.every(knobs.local_steps // steps)
        return RunSpec(problem, method, STEPS // steps, record, (0.0,) * knobs.dim, stream=source)

    first, second = run(knobs.local_steps, stream), run(1, stream if other is None else other)
    return {GAP: Pair(first, second, (f"H = {knobs.local_steps}", "H = 1, at the same steps"))}


def another_seed(knobs: NoiseKnobs, stream: Stream) -> Pairs:
    """Return noise from another stream for one of them."""
    return pair(knobs, stream, other=stream.child("hidden"))


CLAIM = Claim(
    key="derived/federated-tied-noise",
    title="On quadratics with one Hessian and noise tied to (worker, step), x̂ after T steps is the same for every H",
    statement=(
        r"Let $A_m=A$ and let step $t$ of worker $m$ see $\nabla f_m+\xi_{m,t}$, with the same $\xi_{m,t}$ however the "
        r"steps are cut into rounds. Then FedAvg's $x$ after $T$ steps is the same for every $H$ that divides $T$, to "
        r"rounding, however far apart the minimisers are."
    ),
    hypotheses=(
        "A_m = A, additive noise",
        "noise is a function of worker and step",
        "equal H, server rate 1",
    ),
    reference=Reference("derived", "federated methods"),
    source="derived",
    proof=(
        r"A step $v_m\leftarrow v_m-\eta(A(v_m-b_m)+\xi_{m,t})$ has one matrix for all $m$; so $\sum_mp_mv_m$ makes "
        r"the step $v\leftarrow v-\eta(A(v-\sum_mp_mb_m)+\sum_mp_m\xi_{m,t})$, whether workers were synchronised "
        r"before or not."
    ),
    knobs=NoiseKnobs(),
    setup=pair,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "a Hessian on every worker",
            "their mean is what counts",
            setup=lambda knobs, stream: pair(knobs, stream, alike=False),
        ),
        Falsifier("a hidden seed", "noise of the same law", setup=another_seed),
    ),
    see=("derived/local-noise-quadratic", "mcmahan2017/no-bias"),
    axes=("communication rounds r", "first coordinate of x", "linear", "linear"),
)
