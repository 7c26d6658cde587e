"""The claim explorer: sliders stay in their ranges, the screen says what ``verify`` says, the code says it again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias.errors import BadInput
from paper_repro.catalogue import ENTRIES, find
from paper_repro.claims import Budget, verify_one
from paper_repro.claims.knobs import check_knobs
from paper_repro.classroom.explorer import Controls, scales, show
from tests.on_screen import printed


# Quick at the smallest budget, and of different kinds: a limit, an identity, a path.
QUICK = ("zhu2024/residual-limit", "derived/dual-sum", "mcmahan2017/path")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)
def test_every_stop_of_every_slider_is_in_the_range_of_its_knob(entry):
    claim = entry.load()
    for scale in scales(claim):
        assert scale.default in scale.stops and len(set(scale.stops)) == len(scale.stops)
        assert not scale.ordered or list(scale.stops) == sorted(scale.stops)
        for stop in (scale.stops[0], scale.stops[len(scale.stops) // 2], scale.stops[-1]):
            assert type(stop) is type(scale.default)
            check_knobs(Controls(claim.key, {scale.name: stop}).values)


@settings(deadline=None, max_examples=3, derandomize=True)
@given(st.sampled_from(QUICK), st.data(), st.integers(0, 50))
def test_the_screen_says_what_verify_says(key, data, seed):
    claim = find(key)
    turned = {s.name: data.draw(st.sampled_from(s.stops)) for s in scales(claim)[:2]}
    controls = Controls(key, turned, seed)
    result = verify_one(claim, controls.values, seed=seed, budget=Budget.SMOKE)
    shown = show(controls)
    said = [fact.value for fact in shown.facts if fact.name.startswith("falsifier")]
    assert said == [f.status.value for f in result.falsifiers]
    assert len(shown.facts) == len(result.comparisons) + len(result.falsifiers)
    assert claim.statement in shown.why and claim.title in shown.finding and shown.capped
    assert printed(shown.code).strip() == f"{result.status.value} {result.message}".strip()


def test_the_catalogues_own_budget_is_not_called_capped():
    shown = show(Controls("mcmahan2017/one-step", budget="quick"))
    assert not shown.capped and shown.finding.startswith("✓")


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"key": "zhu2024/residual-limt"}, "did you mean"),
        ({"knobs": {"speed": 3}}, "knob .speed. is unknown"),
        ({"knobs": {"lr": -3.0}}, "must lie in"),
        ({"seed": -1}, "seed = -1"),
        ({"budget": "huge"}, "must be one of smoke"),
    ],
)
def test_wrong_choices_are_refused(given_, said):
    with pytest.raises(BadInput, match=said):
        Controls(**given_)
