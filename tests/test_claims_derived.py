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
