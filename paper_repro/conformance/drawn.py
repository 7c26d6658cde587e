"""Are draws uniform, and independent? Chi-square tests that decide three ways."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from implicitbias.statistics import claim_level
from paper_repro.conformance.outcome import Finding, Status


# Statistical cases of a suite with as many instances as anybody waits for; together they are wrong about a right
# simulator with a chance of one in a thousand at most.
STATISTICAL_CASES = 100
LEVEL = claim_level(STATISTICAL_CASES)
# Effect sizes √(Σ (q − p)²/p) that may remain possible when draws pass: where one of four workers is drawn twice as
# often as the others, pairs of them are at 0.3.
POSSIBLE = 0.3


def uniform(counts: Sequence[Int[np.ndarray, " kind"]], what: str) -> Finding:
    """Compare counts of one or several independent kinds of draws with equal frequencies."""
    expected = [np.full(len(c), c.sum() / len(c)) for c in counts]
    degrees = sum(len(c) - 1 for c in counts)
    return _goodness(np.concatenate(expected), np.concatenate(counts), degrees, what)


def independent(tables: Sequence[Int[np.ndarray, "row column"]], what: str) -> Finding:
    """Compare tables of pairs of draws with the products of their margins."""
    expected = [np.outer(t.sum(axis=1), t.sum(axis=0)) / t.sum() for t in tables]
    degrees = sum((len(t) - 1) * (t.shape[1] - 1) for t in tables)
    flat = [np.concatenate([t.ravel() for t in group]) for group in (expected, tables)]
    return _goodness(flat[0], flat[1], degrees, what)


def pairs(
    first: Int[np.ndarray, " draw"], second: Int[np.ndarray, " draw"], kinds: tuple[int, int]
) -> Int[np.ndarray, "row column"]:
    """Return how often every pair of kinds came together."""
    return np.bincount(first * kinds[1] + second, minlength=kinds[0] * kinds[1]).reshape(kinds)


def _goodness(
    expected: Float[np.ndarray, " cell"], counts: Int[np.ndarray, " cell"], degrees: int, what: str
) -> Finding:
    """Judge χ² = Σ (N_i − E_i)²/E_i; a cell that no draw could reach says nothing."""
    possible = expected > 0
    number = float(counts.sum())
    square = float(((counts - expected)[possible] ** 2 / expected[possible]).sum())
    effect, critical, largest = (math.sqrt(v / number) for v in (square, *_limits(square, degrees)))
    words = f"χ² = {square:.1f} on {degrees} degrees of freedom, {number:g} draws"
    if effect > critical:
        status, message = Status.FAILED, f"refuted that {what}: {words} (chance below {LEVEL:.0e})"
    elif largest > POSSIBLE:
        status, message = Status.UNDECIDED, f"too few draws to tell whether {what}: {words}"
    else:
        status, message = Status.PASSED, f"{what}: {words}; effects from {largest:.2f} on are excluded"
    return Finding(expected, counts.astype(np.float64), effect, critical, status, message)


def _limits(square: float, degrees: int) -> tuple[float, float]:
    """Return the critical χ², and the largest non-centrality with which this χ² is not too small."""
    from scipy.optimize import brentq
    from scipy.special import chdtri, chndtr

    critical = float(chdtri(degrees, LEVEL))
    if chndtr(square, degrees, 0.0) <= LEVEL:
        return critical, 0.0
    high = 10 * (critical + square)
    return critical, float(brentq(lambda shift: chndtr(square, degrees, shift) - LEVEL, 0.0, high))
