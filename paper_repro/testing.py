"""Property-based tests of theorems, yours too: strategies for problems, methods and knobs, and one assertion.

    from hypothesis import given
    from paper_repro.testing import assert_claim, knobs
    from my_paper import MY_CLAIM

    @given(knobs(MY_CLAIM))
    def test_my_theorem(drawn):
        assert_claim(MY_CLAIM, drawn)

``assert_loss`` and ``assert_problem`` look at a loss or a problem of yours: derivatives, logarithms, batches.

The strategies draw numbers and seeds, never arrays: a failing example shrinks to a few numbers that anybody can
type. This module needs ``hypothesis`` (extra ``test``).
"""

import dataclasses
from functools import lru_cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from implicitbias import (
    Exponential,
    gd,
    LinearClassification,
    local_gd,
    local_sgd,
    LocalMethod,
    Logistic,
    Stream,
)
from implicitbias.data import separable
from implicitbias.errors import BadInput
from paper_repro.claims import Budget, Claim, Result, Status, verify_one
from paper_repro.claims.knobs import Range, ranges
from paper_repro.contracts import assert_loss as assert_loss
from paper_repro.contracts import assert_problem as assert_problem
from paper_repro.report.rerun import command
from sde import Landscape


def knobs(claim: Claim) -> st.SearchStrategy[Any]:
    """Return a strategy for the knobs of a claim, over their whole ranges."""
    drawn = {
        name: _values(allowed, getattr(claim.knobs, name)) for name, allowed in ranges(claim.knobs).items()
    }
    return st.builds(type(claim.knobs), **drawn)


def separable_problems(
    *, max_dim: int = 4, max_workers: int = 3, losses: tuple[type, ...] = (Exponential, Logistic)
) -> st.SearchStrategy[LinearClassification]:
    """Return a strategy for separable problems with a planted margin, over one or several uneven workers.

    The seed of the data is drawn; the same draw gives the same problem.
    """
    return st.builds(
        _planted_problem,
        seed=st.integers(0, 2**20),
        dim=st.integers(2, max_dim),
        workers=st.integers(1, max_workers),
        extra=st.integers(2, 6),
        loss=st.sampled_from(losses),
    )


def local_methods(
    *, max_lr: float = 0.2, max_local_steps: int = 20, stochastic: bool = False
) -> st.SearchStrategy[LocalMethod]:
    """Return a strategy for GD and Local GD (and Local SGD with batch 1) with constant learning rates."""
    lr = st.floats(0.01, max_lr)
    steps = st.integers(1, max_local_steps)
    deterministic = st.one_of(st.builds(gd, lr), st.builds(local_gd, lr, steps))
    return (
        st.one_of(deterministic, st.builds(local_sgd, lr, steps, st.just(1))) if stochastic else deterministic
    )


def landscapes(*, names: tuple[str, ...] | None = None) -> st.SearchStrategy[Landscape]:
    """Return a strategy for landscapes of the zoo, by name (``sde.zoo.ZOO``); ``names`` chooses among them.

    Raises
    ------
    BadInput
        For a name that the zoo does not have.
    """
    from sde.zoo import ZOO

    unknown = set(names or ()) - set(ZOO)
    if unknown:
        raise BadInput(
            f"names = {names!r}: {sorted(unknown)[0]!r} is not in the zoo; choose among {', '.join(ZOO)}"
        )
    return st.sampled_from(tuple(names or ZOO)).map(lambda name: ZOO[name]().landscape)


def assert_claim(
    claim: Claim,
    knobs: Any = None,
    *,
    seed: int = 0,
    budget: Budget | str = Budget.QUICK,
    applicable: bool = False,
) -> Result:
    """Verify a claim and fail unless the verdict is the expected one and the check has teeth.

    At other knobs than the defaults INCONCLUSIVE and NOT_APPLICABLE pass: nothing was contradicted. So that
    this is no way out, the claim is also verified once at its defaults (quick budget, seed 0), where it must
    decide as expected and refute every falsifier.

    Parameters
    ----------
    claim
        The claim.
    knobs
        Its knobs; the defaults if left out.
    seed, budget
        As for ``paper-repro verify``.
    applicable
        Demand a decision: fail on INCONCLUSIVE and NOT_APPLICABLE too.

    Raises
    ------
    BadInput
        For knobs of another claim, or an unknown budget.
    AssertionError
        With the verdict, the comparisons, the toothless falsifiers and the command that reruns it.
    """
    if knobs is not None and not isinstance(knobs, type(claim.knobs)):
        raise BadInput(
            f"knobs = {knobs!r}: must be a {type(claim.knobs).__name__}, as drawn from knobs(claim)"
        )
    if isinstance(budget, str) and budget not in {b.value for b in Budget}:
        raise BadInput(f"budget = {budget!r}: must be one of {', '.join(b.value for b in Budget)}")
    standing = at_the_defaults(claim)
    if not standing.as_expected:
        raise AssertionError(_report(standing))
    result = verify_one(claim, knobs, seed=seed, budget=Budget(budget))
    if not (result.as_expected or (not applicable and result.undecided)):
        raise AssertionError(_report(result))
    return result


@lru_cache(maxsize=256)
def at_the_defaults(claim: Claim) -> Result:
    """Return the result of a claim as it stands (quick budget, seed 0), verified once in a process."""
    return verify_one(claim)


def _report(result: Result) -> str:
    verdict = "TOOTHLESS" if result.toothless else result.status.value
    lines = [f"{result.key} is {verdict}, expected {result.expected.value}: {result.message}"]
    lines += [
        f"  falsifier {f.name!r} is {f.status.value}"
        for f in result.falsifiers
        if f.status is not Status.REFUTED
    ]
    lines += [result.traceback] if result.traceback else []
    lines.append(f"  rerun: {command(result)}")
    return "\n".join(lines)


def _values(allowed: Range, default: Any) -> st.SearchStrategy[Any]:
    if allowed.choices is not None:
        return st.sampled_from(allowed.choices)
    if isinstance(default, bool):
        return st.booleans()
    if allowed.low is None or allowed.high is None:
        return st.just(default)
    if isinstance(default, int):
        return st.integers(int(allowed.low), int(allowed.high))
    if allowed.log:
        return (
            st.floats(float(np.log(allowed.low)), float(np.log(allowed.high)))
            .map(lambda x: float(np.exp(x)))
            .map(
                lambda x: min(max(x, float(allowed.low)), float(allowed.high))  # pyright: ignore[reportArgumentType]
            )
        )
    return st.floats(float(allowed.low), float(allowed.high))


def _planted_problem(seed: int, dim: int, workers: int, extra: int, loss: type) -> LinearClassification:
    stream = Stream(seed)
    samples = dim + workers + extra
    planted = separable(stream, samples=samples, dim=dim, margin=0.3, support=dim)
    assignment = stream.at("workers").permutation(samples) % workers
    data = dataclasses.replace(planted.samples, workers=None)
    return LinearClassification(data.features, data.labels, workers=assignment, loss=loss())
