"""Diagonals of the workers' own: no max-margin problem, but a condition that a limit direction must meet."""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from scipy.integrate import solve_ivp

from implicitbias import Fixed, local_gd, Stream
from implicitbias.asymptotics import direction_error, unit
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    limit,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.papers.derived.scaled_bias.setting import (
    DATA,
    diagonal_of,
    FASTEST,
    problem_of,
    SAME,
    ScaledCase,
    unit_rows,
)


SLOPE = "slope of w in log-time, at τ = 10⁴"
# The last log-time of the flow: round 10^4342.
FAR = 1e4
# Error of a slope over thousands of log-times, integrated to 1e-9 a step.
INTEGRATION = 1e-7
# Multipliers and slacks above this have a sign.
SIGN = 1e-9


@dataclass(frozen=True)
class OwnKnobs:
    """Data, the spread of D₁ = (1, 4, 1/4)^s and D₂ = 1/D₁, and the learning rate; H = 1."""

    data: str = knob("reference", "X", "data set", choices=DATA)
    spread: float = knob(1.0, "s", "power of (1, 4, 1/4)", low=0.5, high=1.0)
    lr: float = knob(0.1, "η", "learning rate", low=0.1, high=0.2, log=True)


@dataclass(frozen=True)
class OwnCase(ScaledCase):
    """A case with the diagonals of its workers."""

    diagonals: tuple[tuple[float, ...], ...] = ()

    @property
    def pushes(self) -> np.ndarray:
        """D_{m(i)}^{−1}x_i: where sample i pushes w."""
        return self.problem.signed / np.array(self.diagonals)[self.problem.assignment]

    @cached_property
    def multipliers(self) -> np.ndarray | None:
        """A ≥ 0 with Ka ≥ 1, (Ka)_i = 1 where a_i > 0; ``None`` unless exactly one support allows it."""
        kernel, found = self.problem.signed @ self.pushes.T, []
        samples = range(len(kernel))
        for size in range(1, self.problem.dim + 1):
            for support in combinations(samples, size):
                a = np.zeros(len(kernel))
                a[list(support)] = np.linalg.solve(kernel[np.ix_(support, support)], np.ones(size))
                slack = np.delete(kernel @ a, support) - 1.0
                if (a[list(support)] > SIGN).all() and (slack > SIGN).all():
                    found.append(a)
        return found[0] if len(found) == 1 else None

    @property
    def weights(self) -> np.ndarray:
        """Σ a_i D_{m(i)}^{−1}x_i."""
        assert self.multipliers is not None
        return self.multipliers @ self.pushes

    @property
    def rate(self) -> float:
        """κ: margins relax at the eigenvalues of K_SS diag(a_S), and slack samples die out like r^{−slack}."""
        a = self.multipliers
        assert a is not None
        kernel, on = self.problem.signed @ self.pushes.T, a > 0
        relaxing = np.linalg.eigvals(kernel[np.ix_(on, on)] * a[on]).real.min()
        return float(min(FASTEST, relaxing, *((kernel @ a)[~on] - 1.0)))


def setup(knobs: OwnKnobs, stream: Stream) -> OwnCase | AssumptionUnmet:
    """Return the case of the knobs, if one direction meets the condition and attracts."""
    diagonal = diagonal_of(knobs.spread)
    own = tuple(tuple(d.tolist()) for d in (diagonal, 1.0 / diagonal))
    case = OwnCase(problem_of(knobs.data, stream), local_gd(knobs.lr, 1, scaling=Fixed(own)), own)
    if case.multipliers is None:
        return AssumptionUnmet("not exactly one direction meets the condition")
    return case if case.rate > SIGN else AssumptionUnmet("the direction that meets the condition repels")


def needs(case: OwnCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Exact rounds, from which the flow goes on."""
    rounds = budget.pick(smoke=300, quick=1_500, paper=30_000)
    return (RunSpec(case.problem, case.method, rounds),)


def observe(case: OwnCase, traces: Traces) -> Observation:
    """Go on with the flow, and take the slope between two log-times; an earlier one tells its error."""
    (trace,) = traces
    tau, rho = flowed(case, trace.w[0, -1], case.method.first_lr * float(trace.rounds[-1]))
    slopes = case.weights + (rho[1:] - rho[:-1]) / np.diff(tau)[:, None]
    error = float(np.linalg.norm(slopes[-1] - slopes[-2])) + INTEGRATION
    path = unit_rows(tau[:, None] * case.weights + rho)
    mean = case.in_metric(np.mean(case.diagonals, axis=0)).weights
    targets = (
        (case.weights, "to Σ a_i D_{m(i)}⁻¹x_i", "measured"),
        (mean, "to the max margin in the mean D", "falsifier"),
        (case.euclidean.weights, "to the Euclidean one", "reference"),
    )
    curves = tuple(
        Curve(tau, np.linalg.norm(path - unit(target), axis=1), label, role, "fixed")
        for target, label, role in targets
    )
    return Observation({SLOPE: Measured(slopes[-1], error)}, curves)


def flowed(case: OwnCase, w: np.ndarray, time: float) -> tuple[np.ndarray, np.ndarray]:
    """Return log-times and ρ = w − w_*τ along dw/ds = Σ p_i |ℓ′(x_i·w)| D_{m(i)}^{−1}x_i, τ = log s."""
    signed, pushes = case.problem.signed, case.pushes
    sizes = np.asarray(case.problem.sizes)[case.problem.assignment]
    shares, growth = 1.0 / (case.problem.workers * sizes), signed @ case.weights
    start = float(np.log(time))

    def velocity(tau: float, rho: np.ndarray) -> np.ndarray:
        margins = growth * tau + signed @ rho
        weights = shares * np.exp(tau - np.logaddexp(0.0, margins))
        return weights @ pushes - case.weights

    tau = np.geomspace(max(start, 1.0) * 1.01, FAR, 60)
    found = solve_ivp(velocity, (start, FAR), w - case.weights * start, "LSODA", tau, rtol=1e-9, atol=1e-10)
    return tau, found.y.T


def towards(case: OwnCase, weights: np.ndarray) -> Prediction | AssumptionUnmet:
    """The prediction of a max margin."""
    if direction_error(weights, case.weights) < SAME:
        return AssumptionUnmet("on these data it is the direction that meets the condition")
    return Prediction({SLOPE: Predicted(weights)})


CLAIM = Claim(
    key="derived/own-scalings-direction",
    title="With a D_m of each worker w/log r tends to Σ a_i D_{m(i)}⁻¹x_i, the max margin of no norm",
    statement=(
        r"Gradient descent ($H = 1$) with a constant $D_m$ of each worker's own. If $w/\log r$ converges to a "
        r"$w_*$ with positive margins, then, scaled to smallest margin 1, $w_* = \sum_ia_iD_{m(i)}^{-1}x_i$ with "
        r"$a_i\ge0$, zero off the smallest margins [derived]: a complementarity problem with the matrix $K_{ij} = "
        r"x_i\cdot D_{m(j)}^{-1}x_j$, which is not symmetric, so that no norm is minimised. That it converges is a "
        r"conjecture; here it is measured, by exact rounds continued along their flow."
    ),
    hypotheses=(
        "separable data, logistic loss, H = 1",
        "exactly one direction meets the condition, and it attracts",
    ),
    reference=Reference("chezhegov2024", "the setting, outside its theory; the statement is ours", ("v3",)),
    source="conjectured",
    proof=(
        r"With $w = w_*\log r+\rho$, $\rho = o(\log r)$, a step is $\frac1r w_*+\dots = "
        r"\eta\sum_ip_i|\ell'(x_i\cdot w)|D_{m(i)}^{-1}x_i$. Divide by the largest weight: samples off the "
        r"smallest margin have weights that are smaller by a power of $r$ and drop out, the others have limits "
        r"$a_i\ge0$ along a subsequence. This is necessary only; relaxation about $w_*$ is governed by the "
        r"eigenvalues of $K_{SS}\,\mathrm{diag}(a_S)$, one of which is 1."
    ),
    knobs=OwnKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=lambda case: Prediction({SLOPE: Predicted(case.weights)}),
    judge=limit,
    falsifiers=(
        Falsifier(
            "the max margin in the mean D",
            "averaging models might average norms",
            lambda case: towards(case, case.in_metric(np.mean(case.diagonals, axis=0)).weights),
        ),
        Falsifier(
            "the Euclidean max margin",
            "workers' scalings might cancel",
            lambda case: towards(case, case.euclidean.weights),
        ),
    ),
    see=("derived/fixed-scaling-direction",),
    axes=("log-time τ = log(ηr); its end is round 10^4342", "distance of directions", "log", "log"),
)
