"""With the tail (1+z)^{−p} Local GD turns to the minimiser of Σ p_i (x_i·u)^{−p}, not to the max margin."""

import numpy as np
from jaxtyping import Float

from implicitbias import Trace
from implicitbias.oracle import tail_direction
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    Curve,
    Falsifier,
    limit,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.claims.extrapolation import at_infinity, divergence, unit_vector
from paper_repro.papers.derived.polynomial_tail.setting import tail_case, TailCase, TailKnobs


GROWTH = "limit of w/(ηHr)^{1/(p+2)}"
DIRECTION = "limit of w/|w|"
# Differences are taken over this factor of rounds: the constant by which w is ahead of its growth drops out.
APART = 4.0


def needs(case: TailCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run, as long as the budget allows."""
    return (RunSpec(case.problem, case.method, budget.pick(smoke=10_000, quick=100_000, paper=10_000_000)),)


def observe(case: TailCase, traces: Traces) -> Observation:
    """Extrapolate Δw/Δ(ηHr)^{1/(p+2)}, and its direction."""
    (trace,) = traces
    rounds, slopes = slope_in_power(trace, case.limit.growth)
    end = at_infinity(rounds, slopes, case.exponent)
    w = trace.w[0, 1:] / np.linalg.norm(trace.w[0, 1:], axis=1, keepdims=True)
    turned = slopes / np.linalg.norm(slopes, axis=1, keepdims=True)
    curves = (
        Curve(trace.rounds[1:], _distance(w, case.limit.direction), "w/|w| to u_p", method="local_gd"),
        Curve(rounds, _distance(turned, case.limit.direction), "its growth to u_p"),
        Curve(
            trace.rounds[1:], _distance(w, case.svm.direction), "w/|w| to the max margin ŵ/|ŵ|", "falsifier"
        ),
    )
    return Observation({GROWTH: end, DIRECTION: unit_vector(end)}, curves, divergence(traces))


def slope_in_power(
    trace: Trace, power: float
) -> tuple[Float[np.ndarray, " record"], Float[np.ndarray, "record dim"]]:
    """Return (w(r) − w(r′))/(s^a − s′^a), with s = ηHr and r′ about r/4.

    Constants drop out of w = s^a v* + v_1 + …
    """
    kept = np.flatnonzero(trace.rounds > 0)
    rounds, grown, w = trace.rounds[kept], trace.time[kept] ** power, trace.w[0, kept]
    later = np.flatnonzero(rounds >= APART * rounds[0])
    earlier = np.searchsorted(rounds, rounds[later] / APART, side="right") - 1
    return rounds[later], (w[later] - w[earlier]) / (grown[later] - grown[earlier])[:, None]


def _distance(units: np.ndarray, direction: np.ndarray) -> np.ndarray:
    return np.linalg.norm(units - direction, axis=1)


def predict(case: TailCase) -> Prediction:
    """v*, and its direction u_p."""
    reason = "residual of the convex solve, over its least curvature"
    growth = Predicted(case.limit.point, case.limit.error, reason=reason)
    return Prediction(
        {GROWTH: growth, **towards(case.limit.direction, case.limit.direction_error).quantities}
    )


def towards(direction: np.ndarray, error: float = 0.0) -> Prediction:
    """Another limit of the direction."""
    return Prediction({DIRECTION: Predicted(direction, error, reason="residual of the convex solve")})


def uniform_weights(case: TailCase) -> Prediction | AssumptionUnmet:
    """The minimiser with p_i = 1/n."""
    if len(set(case.problem.sizes)) == 1:
        return AssumptionUnmet("equal n_m: 1/n and 1/(M n_m) are the same")
    return towards(tail_direction(case.problem.signed, case.power, case.svm).direction)


PROOF = r"""*A comparison path.* Let $a = \frac1{p+2}$, so that $1-a(p+1) = a$, and let $v^*$ be the minimiser of the
strictly convex $\Psi(v) = \frac a2|v|^2 + \sum p_i(x_i\cdot v)^{-p}$ on the open cone $x_i\cdot v > 0$, at
whose boundary it is infinite: $av^* = p\sum p_i(x_i\cdot v^*)^{-p-1}x_i$. Along $W(s) = s^av^*$ all margins are
positive, and $-\nabla f(W) = s^{a-1}p\sum p_i(s^{-a}+x_i\cdot v^*)^{-p-1}x_i$ differs from $\dot W =
as^{a-1}v^*$ by $O(s^{a-1}s^{-a}) = O(1/s)$.

*Rounds contract.* For $\eta \le 2/L$ a local step $v \mapsto v - \eta\nabla f_m(v)$ on the convex, $L$-smooth
$f_m$ does not increase distances; nor does a round $T$, an average of $H$-fold compositions.

*A round follows the path.* From $W(s)$ the local steps move by $O(s^{a-1})$ in all, over which the gradients,
with $|\nabla^2f_m| = O(s^{-a(p+2)}) = O(1/s)$, change by $O(s^{a-2})$; and $W(s+\eta H) = W(s) + \eta H\dot
W(s) + O(s^{a-2})$. So $|T(W(s)) - W(s+\eta H)| = O(1/s)$, with constants that depend on $\eta$ and $H$. With $s
= \eta Hr$ the distance $|w^r - W(\eta Hr)|$ therefore grows by $O(1/r)$ a round at most: it is $O(\log r)$,
from any start, while $W$ grows like $r^a$. Hence $w^r = (\eta Hr)^a(v^* + O(r^{-a}\log r))$.

*The limit's direction.* On a ray $v = \rho u$, $|u| = 1$, $\Psi = \frac a2\rho^2 + \rho^{-p}S(u)$ with $S(u) =
\sum p_i(x_i\cdot u)^{-p}$; its least value over $\rho$ increases with $S(u)$. So $v^*/|v^*|$ minimises $S$.

*What the measurement uses.* The next term of the flow is a constant, $w = s^av^* + v_1 + \dots$ with $x_i\cdot
v_1 = -1$ in the least squares with weights $p_i(x_i\cdot v^*)^{-p-2}$ (the shift of $1+z$), so that $w/|w|$
comes near like $s^{-a}$ only. Differences drop it, and leave $s^{-2a}$, $1/s$, and $s^{-\mu}$ with $\mu$ the
least eigenvalue of $\nabla^2\Psi(v^*)$: exponents of an expansion, whose error the extrapolation measures."""

CLAIM = Claim(
    key="derived/polynomial-tail-limit",
    title="With the tail (1+z)^{−p} Local GD turns to the minimiser of Σ p_i (x_i·u)^{−p}, not to ŵ",
    statement=(
        r"On separable data with $\ell(z) = (1+z)^{-p}$ for $z \ge 0$, Local GD with fixed $\eta$ and $H$ has $w^r = "
        r"(\eta Hr)^{1/(p+2)}(v^* + o(1))$, $v^*$ the minimiser of $\frac{|v|^2}{2(p+2)} + \sum_ip_i(x_i\cdot "
        r"v)^{-p}$ on the cone $x_i\cdot v > 0$. So $w^r/|w^r| \to u_p$, the minimiser of $\sum_ip_i(x_i\cdot u)^{-p}$ "
        r"over unit vectors: all samples have a say, with their weights $p_i = 1/(Mn_m)$, and in general $u_p \ne \hat "
        r"w/|\hat w|$. Neither $\eta$ nor $H$ enters."
    ),
    hypotheses=("separable data", "loss (1+z)^{−p} for z ≥ 0, continued linearly; η below 2/smoothness"),
    reference=Reference("derived", "polynomial tails"),
    source="derived",
    proof=PROOF,
    knobs=TailKnobs(),
    setup=tail_case,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier(
            "the max-margin direction ŵ",
            "so it is for every exponential tail, and for tails that fall faster than any power",
            lambda case: towards(case.svm.direction),
        ),
        Falsifier(
            "p_i = 1/n", "the mean over all samples looks natural, but f is a mean of means", uniform_weights
        ),
        Falsifier(
            "the minimiser of Σ p_i (x_i·u)^{−p−1}",
            "gradients have this exponent",
            lambda case: towards(tail_direction(case.problem, case.power + 1.0, case.svm).direction),
        ),
    ),
    see=("derived/polynomial-tail-steep",),
    axes=("communication rounds r", "distance of unit vectors", "log", "log"),
)
