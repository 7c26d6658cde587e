"""Where scaled Local SGD with H = 1 rests: at x* with one D̂ for all workers, elsewhere with a D̂_m on each."""

import dataclasses
from collections.abc import Callable

import numpy as np

from implicitbias import Stream
from implicitbias.scaled.fixed_points import stationary_point
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    closed_form,
    Curve,
    Falsifier,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.papers.derived.scaling.setting import ROUNDING, workers_case, WorkersCase, WorkersKnobs


END = "where the run rests"
ENDS = {1.0: "where it rests at η", 0.5: "where it rests at η/2"}


def per_worker(knobs: WorkersKnobs, stream: Stream) -> WorkersCase:
    """Return the case with a D̂_m on every worker."""
    return dataclasses.replace(workers_case(knobs, stream), scope="worker")


def one_run(case: WorkersCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Return the run at η, to rest."""
    del budget
    return (case.run(case.lr),)


def where_it_rests(case: WorkersCase, traces: Traces) -> Observation:
    """The last model, beside x*."""
    end = traces[0].w[0, -1]
    return Observation({END: Measured(end)}, (coordinates(end, "end of the run", "measured"),))


def at_the_minimiser(case: WorkersCase) -> Prediction:
    """x*."""
    x = case.problem.minimiser
    return Prediction({END: Predicted(x, ROUNDING, reason="rounding")}, (coordinates(x, "x*", "theory"),))


def both_runs(case: WorkersCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Return runs at η and at η/2, to rest."""
    del budget
    return tuple(case.run(share * case.lr) for share in ENDS)


def where_both_rest(case: WorkersCase, traces: Traces) -> Observation:
    """The last models of both runs."""
    ends = [trace.w[0, -1] for trace in traces]
    quantities = {name: Measured(end) for name, end in zip(ENDS.values(), ends, strict=True)}
    keys = dict(zip(ENDS.values(), ("savic", "local_gd"), strict=True))
    curves = (coordinates(end, name, "measured", keys[name]) for name, end in zip(keys, ends, strict=True))
    return Observation(quantities, tuple(curves))


def beside_the_minimiser(case: WorkersCase) -> Prediction:
    """The root of Σ_m D̂_m^{−1}∇f_m, by Newton's method; x* as a falsifying line."""
    root = stationary_point(case.problem, case.diagonals)
    lines = (
        coordinates(root, "Σ D̂_m⁻¹∇f_m = 0", "theory"),
        coordinates(case.problem.minimiser, "x*", "falsifier"),
    )
    return Prediction(_both(root).quantities, lines)


def moved(
    point: Callable[[WorkersCase], np.ndarray],
) -> Callable[[WorkersCase], Prediction | AssumptionUnmet]:
    """Return the prediction of another point."""

    def predict(case: WorkersCase) -> Prediction | AssumptionUnmet:
        prediction = _both(point(case))
        if prediction.coincides(beside_the_minimiser(case)):
            return AssumptionUnmet("all D̂_m agree")
        return prediction

    return predict


def coordinates(point: np.ndarray, label: str, role: str, method: str | None = None) -> Curve:
    """Return the coordinates of a point, over their numbers."""
    return Curve(np.arange(1, len(point) + 1), point, label, role, method)


def _both(point: np.ndarray) -> Prediction:
    return Prediction({name: Predicted(point, ROUNDING, reason="rounding") for name in ENDS.values()})


GLOBAL = Claim(
    key="derived/scaled-fixed-point",
    title="With H = 1 and one D̂ for all workers the fixed point is x*, whatever D̂",
    statement=(
        r"Exact gradients, $H=1$, one frozen $\hat D$ for all workers: $x\leftarrow x-\eta\hat D^{-1}\nabla "
        r"f(x)$ rests "
        r"exactly at $x^*$."
    ),
    hypotheses=(
        "f strongly convex, ηL < 2d_min",
        "D̂ frozen, exact gradients, H = 1",
        "one D̂ for all workers",
    ),
    reference=Reference("derived", "SAVIC-type, proved here"),
    source="derived",
    proof=(
        r"The average of $x-\eta\hat D^{-1}\nabla f_m(x)$ is $x-\eta\hat D^{-1}\nabla f(x)$, whose fixed "
        r"points are the "
        r"zeros of $\nabla f$; in $y=\hat D^{1/2}x$ it is gradient descent, a contraction for $\eta L<2d_{\min}$."
    ),
    knobs=WorkersKnobs(),
    setup=workers_case,
    needs=one_run,
    observe=where_it_rests,
    predict=at_the_minimiser,
    judge=closed_form,
    falsifiers=(
        Falsifier("a D̂_m on every worker", "each is as good a scaling as their mean", setup=per_worker),
    ),
    see=("derived/per-worker-fixed-point", "derived/scaled-bias"),
    axes=("coordinate", "model", "linear", "linear"),
)

PER_WORKER = Claim(
    key="derived/per-worker-fixed-point",
    title="With a D̂_m on every worker Local SGD solves another problem, and no smaller η mends that",
    statement=(
        r"Exact gradients, $H=1$, a frozen $\hat D_m$ on every worker: the fixed point solves "
        r"$\sum_m\hat D_m^{-1}\nabla f_m(x)=0$. It does not depend on $\eta$, and is not $x^*$ unless the $\hat D_m$ "
        r"agree or all $\nabla f_m(x^*)=0$."
    ),
    hypotheses=("f_m strongly convex, ηL < 2d_min", "D̂_m frozen, exact gradients, H = 1"),
    reference=Reference("derived", "SAVIC-type, proved here"),
    source="derived",
    proof=(
        r"The average of $x-\eta\hat D_m^{-1}\nabla f_m(x)$ is $x$ iff $\eta\sum_m\hat D_m^{-1}\nabla f_m(x)=0$, where "
        r"$\eta$ cancels. At $x^*$ the sum is $\sum_m(\hat D_m^{-1}-\bar D^{-1})\nabla f_m(x^*)$ for any $\bar D$."
    ),
    knobs=WorkersKnobs(),
    setup=per_worker,
    needs=both_runs,
    observe=where_both_rest,
    predict=beside_the_minimiser,
    judge=closed_form,
    falsifiers=(
        Falsifier("x*", "a bias vanishes as η → 0", moved(lambda case: case.problem.minimiser)),
        Falsifier(
            "weights D̂_m for D̂_m⁻¹",
            "a steep worker counts more",
            moved(lambda case: stationary_point(case.problem, 1.0 / case.diagonals)),
        ),
    ),
    see=("derived/scaled-fixed-point",),
    axes=("coordinate", "model", "linear", "linear"),
)
