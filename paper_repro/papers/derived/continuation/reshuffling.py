"""At infinity: samples reshuffled among workers of equal size leave w̃ as it is, among others they move it as told."""

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from jaxtyping import Float

from implicitbias import Stream, Trace
from implicitbias.data import named
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    Curve,
    Falsifier,
    limit,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Spec,
    Traces,
)
from paper_repro.claims.continued import continuation, FAR, LOG_TIME, nothing_seen, RECORDS, residuals
from paper_repro.claims.extrapolation import divergence
from paper_repro.claims.separable import SeparableCase
from paper_repro.papers.derived.local_gd.reshuffling import (
    both,
    divisible,
    ReshuffleCase,
    ReshuffleKnobs,
)
from paper_repro.papers.derived.local_gd.reshuffling import setup as equal_sizes
from paper_repro.papers.derived.local_gd.reshuffling import unequal as unequal_sizes


# At τ = 10³ residuals have settled too, e^{−κτ} = 0, and fewer records cost less.
SMOKE = (10.0, 1e2, 1e3)

EQUAL, UNEQUAL = "w̃ after − before, equal n_m", "w̃ after − before, unequal n_m"


@dataclass(frozen=True, eq=False)
class TwiceCase:
    """Two reshufflings: among workers of equal size, and of a support vector to a worker of another size.

    ``shift`` is the Δ with x_i·Δ = log(p_i′/p_i) on the support, by which the second moves w̃.
    """

    equal: ReshuffleCase
    unequal: ReshuffleCase
    shift: Float[np.ndarray, " dim"]

    @property
    def runs(self) -> tuple[SeparableCase, ...]:
        """The four runs."""
        return self.equal.before, self.equal.after, self.unequal.before, self.unequal.after


def setup(knobs: ReshuffleKnobs, stream: Stream) -> TwiceCase | AssumptionUnmet:
    """Return both reshufflings of the same samples."""
    equal, unequal = equal_sizes(knobs, stream), unequal_sizes(knobs, stream)
    if isinstance(equal, AssumptionUnmet):
        return equal
    if isinstance(unequal, AssumptionUnmet):
        return unequal
    return TwiceCase(equal, unequal, shift(unequal))


def shift(case: ReshuffleCase) -> Float[np.ndarray, " dim"]:
    """Return the smallest Δ with x_i·Δ = log(p_i′/p_i) on the support."""
    support = case.before.svm.support
    before, after = (c.problem.sample_weights[support] for c in (case.before, case.after))
    return np.linalg.lstsq(case.before.svm.signed[support], np.log(after / before), rcond=None)[0]


def bystanders(knobs: ReshuffleKnobs, stream: Stream) -> TwiceCase | AssumptionUnmet:
    """Return the case with two samples off the support exchanged, and the shift that a support vector would cause."""
    case = setup(knobs, stream)
    if isinstance(case, AssumptionUnmet):
        return case
    first, sizes = case.unequal.before.problem.assignment, case.unequal.before.problem.sizes
    others = np.setdiff1d(np.arange(len(first)), case.unequal.before.svm.support)
    pairs = [(i, j) for i, j in combinations(others, 2) if sizes[first[i]] != sizes[first[j]]]
    if not pairs:
        return AssumptionUnmet("no two samples off the support lie on workers of unequal size")
    moved = first.copy()
    moved[list(pairs[0])] = moved[list(pairs[0][::-1])]
    broken = both(knobs, divisible(named(knobs.data, stream), knobs.workers), first, moved)
    return broken if isinstance(broken, AssumptionUnmet) else replace(case, unequal=broken)


def needs(case: TwiceCase, budget: Budget) -> tuple[Spec, ...]:
    """One continuation per assignment."""
    log_time = budget.pick(smoke=SMOKE, quick=RECORDS, paper=RECORDS)
    return tuple(continuation(c.problem, c.method, log_time) for c in case.runs)


def observe(case: TwiceCase, traces: Traces) -> Observation:
    """Subtract residuals at equal log-times."""
    del case
    if stopped := divergence(traces):
        return nothing_seen(stopped, EQUAL, UNEQUAL)
    quantities, curves = {}, []
    for name, pair, method in ((EQUAL, traces[:2], "local_gd"), (UNEQUAL, traces[2:], None)):
        tau, moved, error = difference(*pair)
        quantities[name] = Measured(moved[-1], float(error[-1]))
        curves.append(
            Curve(tau, np.linalg.norm(moved, axis=1), name.removeprefix("w̃ after − before, "), method=method)
        )
    curves.append(Curve(tau, error, "what the continuations leave open", "reference"))
    return Observation(quantities, tuple(curves))


def difference(before: Trace, after: Trace) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return τ, the difference of two residuals, and its error, where both have a record."""
    tau, first, second = np.intersect1d(before.log_time, after.log_time, return_indices=True)
    (old, old_error), (new, new_error) = residuals(before), residuals(after)
    return tau, new[second] - old[first], old_error[first] + new_error[second]


def predict(case: TwiceCase) -> Prediction:
    """0, and Δ."""
    size = float(np.linalg.norm(case.shift))
    tau = np.array([RECORDS[0], FAR])
    curve = Curve(tau, np.full(2, size), "|Δ|, x_i·Δ = log(p_i′/p_i)", "theory")
    return moves(np.zeros_like(case.shift), case.shift, curve)


def moves(equal: np.ndarray, unequal: np.ndarray, *curves: Curve) -> Prediction:
    """The prediction of both differences."""
    return Prediction({EQUAL: Predicted(equal), UNEQUAL: Predicted(unequal)}, curves)


PROOF = r"""The limit is determined by $p_i\exp(-x_i\cdot\tilde w) = \alpha_i$ on the support, where $\hat w$ and
$\alpha$ belong to the union of the samples and $p_i = 1/(Mn_{m(i)})$. If all $n_m$ are equal, $p_i = 1/n$ whoever
holds sample $i$. Otherwise a reassignment changes $p_i$ to $p_i'$, and $\tilde w$ to $\tilde w+\Delta$ with
$x_i\cdot\Delta = \log(p_i'/p_i)$ on the support and $\Delta$ in its span: $\Delta\ne0$ as soon as one support vector
comes to a worker of another size, and $\Delta = 0$ if only others move."""

CLAIM = Claim(
    key="derived/reshuffling-at-infinity",
    title="Reshuffled workers end at the same w̃ to ten digits if their sizes are equal, and shifted by Δ if not",
    statement=(
        r"Reassigning samples to workers leaves $\tilde w = \lim(w^r-\hat w\log(\eta Hr))$ as it is if and only if "
        r"no support vector changes its weight $p_i = 1/(Mn_{m(i)})$: never for equal $n_m$; otherwise $\tilde w$ "
        r"moves by the $\Delta$ in the span of the support with $x_i\cdot\Delta = \log(p_i'/p_i)$."
    ),
    hypotheses=(
        "separable data, margin γ > 0; two splits of equal sizes, two of unequal ones",
        "exponential or logistic loss, f(w^r) → 0",
        "every support vector has a positive multiplier, and the support vectors span the data; they are independent",
    ),
    reference=Reference("derived", "proved here"),
    source="derived",
    proof=PROOF,
    knobs=ReshuffleKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier(
            "nothing moves with unequal n_m either",
            "the union of the samples is the same, so its separator is",
            lambda case: moves(np.zeros_like(case.shift), np.zeros_like(case.shift)),
        ),
        Falsifier(
            "equal n_m move it too",
            "the local problems become others, and their separators with them",
            lambda case: moves(case.shift, case.shift),
        ),
        Falsifier(
            "−Δ",
            "a heavier sample needs less of a margin",
            lambda case: moves(np.zeros_like(case.shift), -case.shift),
        ),
        Falsifier(
            "whichever sample moves",
            "sizes seem to matter, not who holds what; but samples off the support leave w̃ alone",
            setup=bystanders,
        ),
    ),
    see=("derived/reshuffling", "zhu2024/residual-limit"),
    axes=(LOG_TIME, "|ρ after − ρ before|", "log", "log"),
)
