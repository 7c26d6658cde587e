"""Drift-II is what the measured disagreement of the workers says it is, on any landscape."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import local_sgd, LocalMethod, RecordAt, run, RunSpec, Stream, Trace
from implicitbias.problems import TwoPoint
from paper_repro.claims import (
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    statistical,
    Traces,
)
from paper_repro.claims.ensembles import mean_of
from sde.landscapes.compiled import compiled
from sde.within_round import disagreement_matrix, within_round
from sde.zoo import AbstractClosedForms, exponential_valley, quadratic_valley, ring, scalar_factorisation


RATIO = "excess drift over −½∇q·P_T∇³L[C], η → 0"

# On each a slow variable with M > 1 drifts faster, and no noise along Γ hides it; with the point of Γ to start from.
LANDSCAPES: dict[str, tuple[Callable[[], AbstractClosedForms], float]] = {
    "exponential valley": (lambda: exponential_valley(1.0, normal=1.0, law=TwoPoint()), 0.3),
    "quadratic valley": (lambda: quadratic_valley(normal=1.0, law=TwoPoint()), 1.0),
    "label-noise valley": (lambda: exponential_valley(1.0, normal=0.0, label=1.0, law=TwoPoint()), 0.3),
    "ring": (lambda: ring(normal=1.0, tangential=0.0, law=TwoPoint()), 0.5),
    "scalar factorisation": (lambda: scalar_factorisation(1.0, label=1.0, law=TwoPoint()), 1.0),
}
# Rounds before the one that is looked into, so that the mean fluctuates as it does in the long run.
BEFORE = 6


@dataclass(frozen=True)
class DisagreementKnobs:
    """The landscape and Local SGD on it; B = 1 is a unit."""

    landscape: str = knob("exponential valley", "L", "landscape of the zoo", choices=tuple(LANDSCAPES))
    workers: int = knob(4, "M", "workers", low=2, high=5)
    lr: float = knob(0.02, "η", "the coarser learning rate", low=0.015, high=0.025)
    local_steps: int = knob(15, "H", "local steps at this rate", low=10, high=20)


@dataclass(frozen=True)
class DisagreementCase:
    """The landscape, its slow variable, the methods, and where their common noise comes from."""

    knobs: DisagreementKnobs
    forms: AbstractClosedForms
    stream: Stream

    @property
    def start(self) -> tuple[float, ...]:
        """Return the start, on Γ."""
        return tuple(self.forms.start(np.array([LANDSCAPES[self.knobs.landscape][1]])).tolist())

    def method(self, m: int, local: bool = True) -> LocalMethod:
        """Return Local SGD with mH local steps at η/m, or SGD at η/m."""
        workers, steps = self.knobs.workers, m * self.knobs.local_steps if local else 1
        return local_sgd(self.knobs.lr / m, steps, 1.0 / workers, workers=workers)

    def source(self, m: int) -> Stream:
        """Return where the noise at η/m comes from."""
        return self.stream.child(f"disagreement-{m}")

    def excess_drift(
        self, zeta: Float[np.ndarray, "replica dim"], spread: Float[np.ndarray, "replica dim dim"]
    ) -> Float[np.ndarray, " replica"]:
        """Return −½∇q·P_T∇³L[C] at points of Γ, per conventional time."""
        landscape = self.forms.landscape
        (q,) = self.forms.coordinates
        slope = compiled(landscape.variables, tuple(q.diff(v) for v in landscape.variables))(zeta)
        at = landscape.curvature(zeta)
        along = at.tangent_projector @ at.contracted(spread)[..., None]
        return -0.5 * np.einsum("ri,ri->r", slope, along[..., 0])


def setup(knobs: DisagreementKnobs, stream: Stream) -> DisagreementCase:
    """Return the case of the knobs."""
    return DisagreementCase(knobs, LANDSCAPES[knobs.landscape][0](), stream)


def needs(case: DisagreementCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Local SGD until the round that is looked into, at η and η/2."""
    replicas = budget.pick(smoke=300, quick=8_000, paper=50_000)
    return tuple(
        RunSpec(
            case.forms.landscape,
            case.method(m),
            BEFORE,
            RecordAt.last(),
            case.start,
            replicas,
            case.source(m),
        )
        for m in (1, 2)
    )


def observe(case: DisagreementCase, traces: Traces) -> Observation:
    """One more round of Local SGD, and of SGD on the same noise: how much farther, over what C says."""
    coarse, fine = (one_round(case, m, trace) for m, trace in zip((1, 2), traces, strict=True))
    ratios = [_ratio(moved, said) for moved, said in (coarse, fine)]
    values, errors = (np.array([getattr(r, part) for r in ratios]) for part in ("value", "error"))
    limit = Measured(
        2.0 * values[1] - values[0], np.hypot(2.0 * errors[1], errors[0]), abs(values[0] - values[1])
    )
    rates = case.knobs.lr / np.array([1.0, 2.0])
    curve = Curve(
        rates, values, case.knobs.landscape, method="local_sgd", low=values - errors, high=values + errors
    )
    return Observation({RATIO: limit}, (curve,))


def one_round(
    case: DisagreementCase, m: int, trace: Trace
) -> tuple[Float[np.ndarray, " replica"], Float[np.ndarray, " replica"]]:
    """Return by how much q of Local SGD moves more than that of SGD in a round, and what C says, at η/m."""
    landscape, method, source = case.forms.landscape, case.method(m), case.source(m)
    steps = m * case.knobs.local_steps
    models = within_round(landscape, method, trace, source, range(steps + 1))
    sgd = run(
        landscape,
        case.method(m, local=False),
        steps,
        start=trace,
        record=RecordAt.last(),
        stream=source,
        progress=False,
    )
    ends = models[-1].mean(axis=1), sgd.w[:, -1]
    local, parallel = (case.forms.invariant(end)[:, 0] for end in ends)
    zeta = case.forms.project(trace.w[:, -1])
    said = case.excess_drift(zeta, disagreement_matrix(models[:-1]).mean(axis=0))
    return local - parallel, said * case.knobs.lr * case.knobs.local_steps


def _ratio(above: Float[np.ndarray, " replica"], below: Float[np.ndarray, " replica"]) -> Measured:
    """Return the ratio of two means of the same replicas, with the half-width of its linearisation."""
    ratio = float(above.mean() / below.mean())
    return Measured(ratio, mean_of((above - ratio * below) / below.mean()).error)


def _too_much(case: DisagreementCase) -> float:
    return case.knobs.workers / (case.knobs.workers - 1.0)


def predict(case: DisagreementCase) -> Prediction:
    """1, but for the next terms of the mean gradient, smaller by the noise η(M − 1)/B of a worker."""
    reason = "∇³L[C] is cut off before terms smaller by η(M − 1)/B"
    allowance = 0.5 * case.knobs.lr * (case.knobs.workers - 1.0)
    ends = np.array([0.0, case.knobs.lr])
    lines = (
        Curve(ends, np.ones(2), "−½∇q·P_T∇³L[C]", "theory"),
        Curve(ends, np.full(2, _too_much(case)), "C·M/(M − 1)", "falsifier"),
    )
    return Prediction({RATIO: Predicted(1.0, allowance, reason=reason)}, lines)


def all_workers(case: DisagreementCase) -> Prediction:
    """C·M/(M − 1) for C."""
    return Prediction({RATIO: Predicted(_too_much(case))})


def half(case: DisagreementCase) -> Prediction:
    """∇³L[C] without the ½ of Taylor's formula."""
    del case
    return Prediction({RATIO: Predicted(2.0)})


PROOF = r"""By Itô's formula for $\Phi$, with the workers' gradients at their own models,
$d\Phi(\bar\theta)=-\partial\Phi(\bar \theta)\frac1M\sum_m\nabla
L(\theta_m)dt_c+\frac\eta{2B}\partial^2\Phi[\Sigma]dt_c$ plus a martingale. Expanding about the mean,
$\frac1M\sum_m\nabla L(\theta_m)=\nabla L(\bar\theta)+\frac12\nabla^3L[C]+\dots$ with the disagreement
$C=\frac1M\sum_m (\theta_m-\bar\theta)(\theta_m-\bar\theta)^\top$, and $\partial\Phi\,\nabla L=0$ exactly. The term
of $\Sigma$ is that of SGD; what Local SGD has in excess is $-\frac12P_T\nabla^3L[C]$ per conventional time, that is
$-\frac1{2\eta}P_T\nabla^3L[C]$ per slow time, with $C$ averaged over the round. No law of $C$ was used. The next
terms of the expansion are of third and fourth order in $\theta_m-\bar\theta$, whose square is of size $\eta(M-1)/B$."""

CLAIM = Claim(
    key="derived/drift-from-disagreement",
    title="The drift that Local SGD has over SGD is −½P_T∇³L[C]/η, C the disagreement of the workers as measured",
    statement=(
        r"On any landscape, per slow time, Local SGD drifts along $\Gamma$ by $-\frac1{2\eta}P_T\nabla^3L[\bar C]$ "
        r"more than SGD, where $\bar C$ is the covariance of the workers about their mean, averaged over a round. "
        r"Checked with $\bar C$ as it is measured in a round, against how much farther $q(\Phi)$, $q$ a coordinate "
        r"of $\Gamma$, gets in this round by Local SGD than by SGD on the same noise: no formula for $\bar C$ "
        r"enters."
    ),
    hypotheses=("start on Γ", "small η(M − 1)/B"),
    reference=Reference("derived", "drift-II from the disagreement of the workers"),
    source="derived",
    proof=PROOF,
    knobs=DisagreementKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier("C·M/(M − 1)", "the unbiased covariance of statistics", all_workers),
        Falsifier("−P_T∇³L[C]/(4η)", "a half too many in Taylor's formula", half),
    ),
    see=("derived/inside-round",),
    axes=("learning rate η", "excess drift over −½∇q·P_T∇³L[C]", "linear", "linear"),
)
