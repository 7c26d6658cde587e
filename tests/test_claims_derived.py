"""What the derived claims rest on: signs proved, refuted or left open, and the exact onset."""

import pytest

from implicitbias import local_gd, RecordAt, run, Stream
from paper_repro.claims import Status, verify_one
from paper_repro.papers.derived.drift import onset
from paper_repro.papers.derived.losses.sign import Answer, nonnegative


def test_signs_are_proved_refuted_or_left_open():
    import sympy

    z = sympy.Symbol("z", real=True)
    assert nonnegative(sympy.exp(-z), z) is Answer.PROVED
    assert nonnegative(sympy.exp(-z) - sympy.exp(-2 * z), z, half_line=True) is Answer.PROVED
    assert nonnegative(sympy.exp(-z) - sympy.exp(-2 * z), z) is Answer.REFUTED
    assert nonnegative(z, z) is Answer.REFUTED
    # True, but neither of one sign by its factors nor falling to 0: no proof, and no counterexample.
    assert (
        nonnegative((sympy.exp(-z) - sympy.Rational(1, 3)) ** 2 - sympy.sin(z) ** 2 / 10**9, z)
        is not Answer.PROVED
    )


@pytest.mark.parametrize("local_steps", [1, 7])
def test_the_onset_is_the_first_round_at_the_threshold(local_steps):
    case = onset.setup(onset.OnsetKnobs(local_steps=local_steps), Stream(0))
    lr = case.rates[1]
    method = local_gd(lr, local_steps)
    threshold = case.threshold(lr)
    coarse = run(case.problem, method, 4_000, record=RecordAt.log(30), progress=False)
    found = onset.onset(case, coarse, threshold)
    fine = run(case.problem, method, 4_000, record=RecordAt.every(1), progress=False)
    assert fine.loss[0, found] <= threshold < fine.loss[0, found - 1]


@pytest.mark.parametrize(
    "key", ["derived/mixed-data", "derived/regression-bias", "crawshaw2025/drift-threshold"]
)
def test_other_seeds_agree(key):
    from paper_repro.catalogue import find

    assert all(
        verify_one(find(key), seed=seed).status in (Status.HOLDS, Status.INCONCLUSIVE) for seed in (1, 2)
    )


def test_features_are_divided_by_what_the_run_divides_by():
    """With three samples a worker, some gradients exceed the ceiling of the samples of D."""
    from paper_repro.papers.derived.scaling.same_path import FEATURE, PathKnobs

    knobs = PathKnobs(workers=8, local_steps=16)
    assert verify_one(FEATURE, knobs, seed=3).status is Status.HOLDS


def test_rounds_that_the_horizon_cuts_decide_nothing():
    """All gaps at rounds 0, …, 4 are far above ε: the families seem to agree, for none has come."""
    import numpy as np

    from paper_repro.papers.derived.scaling import rounds_to_accuracy as claim
    from paper_repro.papers.derived.scaling.ill_scaled import rounds_until

    steps = np.arange(5)
    gaps = {("adam", 1): np.ones((8, 5)), ("oasis", 1): np.where(steps < 2, 1.0, 0.0) * np.ones((8, 5))}
    rounds = {key: rounds_until(gap, 0.03, 2) for key, gap in gaps.items()}
    assert claim.too_late(rounds, gaps, ("oasis",)) == ""
    assert claim.too_late(rounds, gaps, ("adam", "oasis")) == "not surely within the rounds run: Adam, H = 1"


def test_bars_that_reach_zero_are_cut_on_logarithmic_axes():
    import numpy as np

    from paper_repro.claims import Curve
    from paper_repro.claims.picture import series

    one = np.ones(1)
    curve = Curve(one, one, "c", low=-one, high=3 * one)
    assert series(curve, "log", "log").error == ((0.1,), (3.0,))
    assert series(curve).error == ((-1.0,), (3.0,))
