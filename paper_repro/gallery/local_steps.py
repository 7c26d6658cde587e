"""The runs that several figures share: set A, two scalings of η, four numbers of local steps."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from implicitbias import RecordAt, run, Stream, Trace
from paper_repro.claims.budget import Budget
from paper_repro.claims.claim import AssumptionUnmet
from paper_repro.claims.separable import LocalGDKnobs, separable_case, SeparableCase


STEPS = (1, 10, 100, 1000)
LR = 0.2
# Local steps R·H a run may take, and rounds R: a local step of set A costs a fraction of a microsecond.
WORK = {Budget.SMOKE: 10**4, Budget.QUICK: 2 * 10**6, Budget.PAPER: 10**9}
ROUNDS = {Budget.SMOKE: 10**3, Budget.QUICK: 10**5, Budget.PAPER: 10**7}
RECORDS = 120


@dataclass(frozen=True)
class LocalRun:
    """Local GD with H local steps: the case and its trace."""

    steps: int
    case: SeparableCase
    trace: Trace

    @property
    def key(self) -> str:
        """Its colour and marker."""
        return f"local_gd:H={self.steps}"

    @property
    def label(self) -> str:
        """Its name in legends."""
        return f"H = {self.steps}"


def case_of(lr: float, steps: int, data: str = "A", loss: str = "logistic") -> SeparableCase:
    """Return Local GD on a data set that fulfils the hypotheses."""
    case = separable_case(LocalGDKnobs(data, loss, lr, steps), Stream(0))
    if isinstance(case, AssumptionUnmet):
        raise AssertionError(case.reason)
    return case


@cache
def local_runs(budget: Budget, scaled: bool, data: str = "A") -> tuple[LocalRun, ...]:
    """Return Local GD for every H, with η = LR, or η = LR/H if ``scaled``."""
    return tuple(_run(case_of(LR / steps if scaled else LR, steps, data), steps, budget) for steps in STEPS)


def _run(case: SeparableCase, steps: int, budget: Budget) -> LocalRun:
    rounds = min(ROUNDS[budget], WORK[budget] // steps)
    trace = run(case.problem, case.method, rounds, record=RecordAt.log(RECORDS), progress=False)
    return LocalRun(steps, case, trace)


def decades(low: float, high: float, points: int = 60) -> np.ndarray:
    """Return log-spaced rounds for lines of theory."""
    return np.geomspace(low, high, points)
