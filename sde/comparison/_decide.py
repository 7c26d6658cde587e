"""As many samples as a decision needs: the three-way rule for several test functions, within a budget."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from implicitbias.statistics import Moments, Outcome, SequentialPlan
from sde.comparison._compared import compare, Compared, Values
from sde.comparison._estimate import estimate


# Values of the test functions on the replicas k0, …, k1 − 1.
Sample = Callable[[int, int], Float[np.ndarray, "sample function"]]
# The same at η and at η/2: axis 1 is (coarse, fine).
PairedSample = Callable[[int, int], Float[np.ndarray, "sample pair function"]]
Look = Callable[[Moments, float], Compared]


def decide(
    sample: Sample,
    prediction: Values,
    plan: SequentialPlan,
    *,
    allowance: Values = 0.0,
    names: tuple[str, ...] | None = None,
) -> Compared:
    """Draw replicas until every test function is decided, one is refuted, or the budget is spent.

    The level of the plan is shared by its looks and by the test functions, so that all intervals hold together; a
    function that is decided keeps the interval that decided it.

    Parameters
    ----------
    sample : callable
        ``sample(k0, k1)`` returns the values of the test functions on the replicas k0, …, k1 − 1, as an array
        (k1 − k0, function). The same address gives the same numbers, so that a larger budget continues a smaller.
    prediction, allowance : float or array (function,)
        Predicted means, and by how much they may be missed for a measured or stated reason.
    plan : SequentialPlan
        Budget of replicas, looks and level.
    names : tuple of str, optional
        g1, g2, … by default.

    Returns
    -------
    Compared
        INCONCLUSIVE where the budget was spent undecided, never a pass.

    Raises
    ------
    BadInput
        If ``sample`` returns something else, or shapes do not fit.
    """

    def look(moments: Moments, level: float) -> Compared:
        return compare(estimate(moments, names), prediction, level, allowance=allowance)

    return _until_decided(lambda k0, k1: Moments.of(_drawn(sample, k0, k1, 2)), look, plan)


def decide_extrapolated(
    sample: PairedSample, prediction: Values, plan: SequentialPlan, *, names: tuple[str, ...] | None = None
) -> Compared:
    """Decide about the limit η → 0 from replicas run at η and at η/2, within the measured allowance.

    As `decide`, on 2E_{η/2} − E_η with the allowance |E_η − E_{η/2}| of the same samples.

    Parameters
    ----------
    sample : callable
        ``sample(k0, k1)`` returns an array (k1 − k0, 2, function): for every replica the values at η, then at η/2.
        Coupled by common noise, the pairs cost the fewest replicas.
    prediction, plan, names
        As for `decide`.

    Raises
    ------
    BadInput
        If ``sample`` returns something else, or shapes do not fit.
    """

    def draw(k0: int, k1: int) -> Moments:
        coarse, fine = np.moveaxis(_drawn(sample, k0, k1, 3), 1, 0)
        return Moments.of(np.stack([2.0 * fine - coarse, fine - coarse], axis=1))

    def look(moments: Moments, level: float) -> Compared:
        limit = Moments(moments.count, moments.mean[0], moments.squares[0])
        return compare(estimate(limit, names), prediction, level, allowance=np.abs(moments.mean[1]))

    return _until_decided(draw, look, plan)


def _until_decided(draw: Callable[[int, int], Moments], look: Look, plan: SequentialPlan) -> Compared:
    moments, seen, result = Moments(), 0, None
    for k, size in enumerate(plan.look_sizes):
        moments, seen = moments.merge(draw(seen, size)), size
        result = _with_decided(result, look(moments, plan.level_at(k)))
        if result.outcome is not Outcome.INCONCLUSIVE:
            break
    assert result is not None
    return result


def _with_decided(before: Compared | None, now: Compared) -> Compared:
    """Keep the intervals that decided a test function at an earlier look."""
    if before is None:
        return now
    decided = [outcome is not Outcome.INCONCLUSIVE for outcome in before.outcomes]
    measured = (
        old if done else new for done, old, new in zip(decided, before.measured, now.measured, strict=True)
    )
    allowed = (
        old if done else new for done, old, new in zip(decided, before.allowed, now.allowed, strict=True)
    )
    return Compared(now.names, tuple(measured), tuple(allowed), now.samples)


def _drawn(sample: Callable[[int, int], np.ndarray], k0: int, k1: int, axes: int) -> np.ndarray:
    values = np.asarray(sample(k0, k1), dtype=float)
    wanted = f"({k1 - k0}, function)" if axes == 2 else f"({k1 - k0}, 2, function)"
    if values.ndim != axes or len(values) != k1 - k0 or (axes == 3 and values.shape[1] != 2):
        raise BadInput(
            f"sample({k0}, {k1}) has shape {values.shape}: must be {wanted}, a row per replica; reduce each replica "
            "to the values of the test functions"
        )
    return values
