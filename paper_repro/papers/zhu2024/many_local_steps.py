"""Many local steps lead to the feasible set of the separators, in general not to the max margin."""

from dataclasses import dataclass

import numpy as np

from implicitbias import projection, Stream, sweeping
from implicitbias.asymptotics import direction_error
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    certified,
    Claim,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Relation,
    RunSpec,
    Status,
    Traces,
)
from paper_repro.claims.split_data import split_case, SplitCase, SplitKnobs


MARGIN, CHORD = "smallest margin of the limit", "distance of the limit's direction from ŵ"

SOLVERS = {"projection": projection, "sweeping": sweeping}

# Smallest shortfall of a margin that counts: limits told apart here differ by a hundred times more.
FEASIBLE = 1e-6

# Rounding of one local solve relative to |u|, certified; averages of nonexpansive maps only add it up.
ROUNDING = 1e-13

# A first round this close to C says nothing about where the limit is.
ALREADY_FEASIBLE = 1e-3


@dataclass(frozen=True)
class ManyStepsKnobs(SplitKnobs):
    """Data, start, and the idealisation of many local steps."""

    solver: str = knob("projection", "T", "local solve", choices=tuple(SOLVERS))


@dataclass(frozen=True, eq=False)
class ManyStepsCase:
    """Data with a solver."""

    data: SplitCase
    solver: str


def setup(knobs: ManyStepsKnobs, stream: Stream) -> ManyStepsCase:
    """Return the case of the knobs."""
    return ManyStepsCase(split_case(knobs, stream), knobs.solver)


def needs(case: ManyStepsCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run; convergence is linear."""
    rounds = budget.pick(smoke=300, quick=2_000, paper=100_000)
    start = case.data.start_entries
    return (RunSpec(case.data.problem, SOLVERS[case.solver](), rounds, start=start),)


def observe(case: ManyStepsCase, traces: Traces) -> Observation:
    """Enclose the limit: by Fejér monotonicity it is as near to z = P_C(u^R) as u^R is."""
    (trace,) = traces
    data, u = case.data, trace.w[0]
    inside = np.stack([data.feasible.project(row).point for row in u])
    apart = np.linalg.norm(u - inside, axis=1)
    z = inside[-1]
    error = float(apart[-1]) + ROUNDING * int(trace.rounds[-1]) * float(np.linalg.norm(z))
    # |a/|a| − b/|b|| ≤ 2|a − b|/|a|, and |z| ≥ |ŵ| for every z in C.
    chord, blur = float(direction_error(z, data.svm.weights)), 2.0 * error * data.svm.margin
    curves = (
        Curve(
            trace.rounds,
            np.where(apart > ROUNDING * np.linalg.norm(inside, axis=1), apart, np.nan),
            "|u − P_C(u)|",
            method=case.solver,
        ),
        Curve(trace.rounds[1:], direction_error(u[1:], data.svm.weights), "|u/|u| − ŵ/|ŵ||", "reference"),
    )
    quantities = {
        MARGIN: Measured(float((data.problem.signed @ z).min()), data.problem.radius * error),
        CHORD: Measured(chord, blur),
    }
    lucky = "on these data the limit is the max margin, which decides nothing about others"
    return Observation(quantities, curves, undecided=lucky if chord <= blur else "")


def predict(case: ManyStepsCase) -> Prediction:
    """The limit is feasible."""
    del case
    reason = "margins of limits that are told apart differ by more"
    return Prediction({MARGIN: Predicted(1.0, FEASIBLE, Relation.AT_LEAST, reason)})


def same_limit(case: ManyStepsCase) -> Prediction:
    """The limit is the max margin."""
    del case
    return Prediction({CHORD: Predicted(0.0)})


def one_round(case: ManyStepsCase) -> Prediction | AssumptionUnmet:
    """The limit has the smallest margin of the mean of the local separators."""
    smallest = float((case.data.problem.signed @ case.data.mean_of_separators).min())
    if smallest > 1.0 - ALREADY_FEASIBLE:
        return AssumptionUnmet("the mean of the local separators is feasible")
    return Prediction({MARGIN: Predicted(smallest)})


AVERAGING = Falsifier(
    "the average of the local separators",
    "one round of many steps from 0 averages the workers' separators, and more rounds seem to change nothing",
    one_round,
)
REFERENCE = Reference("zhu2024", "many local steps; theorem number unknown", ("v1",))
HYPOTHESES = (
    "separable data, margin γ > 0",
    "local work without end: projections, or sweeping processes, in units u = w/Λ of a large log-scale",
)
AXES = ("communication rounds r", "distance", "log", "log")

CLAIM = Claim(
    key="zhu2024/many-local-steps",
    title="Many local steps reach the feasible set of the separators, not the max margin",
    statement=(
        r"With unlimited local work, $u^{r+1} = \frac1M\sum_m P_m(u^r)$ (or sweeping processes $\Phi_m$ for $P_m$) "
        r"converges to a point of $C = \{u : x_i\cdot u \ge 1\}$: the aggregated model separates all data like the "
        r"centralised one, but its direction need not be that of $\hat w$."
    ),
    hypotheses=HYPOTHESES,
    reference=REFERENCE,
    source="second-hand",
    knobs=ManyStepsKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=certified,
    falsifiers=(
        Falsifier(
            "the limit is ŵ",
            "every finite number of local steps does lead to ŵ, and the limit from 0 is often near it",
            same_limit,
        ),
        AVERAGING,
    ),
    see=("zhu2024/many-local-steps-max-margin", "derived/finite-steps-leave", "zhu2024/anchored-projections"),
    axes=AXES,
)

CLAIM_MAX_MARGIN = Claim(
    key="zhu2024/many-local-steps-max-margin",
    title="As we read it, any number of local steps gives the max margin: not in the limit of many",
    statement=(
        r"A reading, second-hand, and we have not seen the theorem's conditions: 'the same implicit bias for any "
        r"number of local steps' is taken to include unlimited local work, so that the limit of "
        r"$u^{r+1} = \frac1M\sum_m P_m(u^r)$ would have the direction of $\hat w$. The limits $r\to\infty$ and "
        r"$H\to\infty$ do not commute; the paper itself speaks of the feasible set where it treats many local steps."
    ),
    hypotheses=HYPOTHESES,
    reference=REFERENCE,
    source="second-hand",
    knobs=ManyStepsKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=same_limit,
    judge=certified,
    falsifiers=(AVERAGING,),
    expects=Status.REFUTED,
    see=("zhu2024/many-local-steps", "derived/finite-steps-leave"),
    axes=AXES,
)
