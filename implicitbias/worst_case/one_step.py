"""Whether lemmas on one local step hold for every smooth, strongly convex function."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from implicitbias import checks
from implicitbias.worst_case.certificate import certify, WorstCase
from implicitbias.worst_case.estimation import Estimation, estimation, Located, mean, Unknown
from implicitbias.worst_case.gram_program import GramProgram
from implicitbias.worst_case.local_gd import check_class


@dataclass(frozen=True)
class OneStepLemma:
    """R′ ≤ (1 − ημ)R − aηΔ + bηLV: one averaged local step without noise, from M points x^m with mean x̂.

    R = |x̂ − x*|², R′ the same after x̂ ← x̂ − (η/M) Σ ∇f_m(x^m), Δ = f(x̂) − f*, V = (1/M) Σ |x^m − x̂|².

    Attributes
    ----------
    descent, disagreement : float
        a and b.
    heterogeneous : bool
        Whether every worker has its own f_m.
    """

    descent: float
    disagreement: float
    heterogeneous: bool

    def __post_init__(self):
        for name in ("descent", "disagreement"):
            checks.number(name, getattr(self, name), "give a coefficient of the lemma", least=0.0)


# A lemma that holds has an excess of 1e-12 to 1e-8: what its certificate leaves over.
HOLDS = 1e-7

# L2 without noise: workers with one function.
IDENTICAL = OneStepLemma(descent=0.5, disagreement=2.0, heterogeneous=False)
# L4 without noise: workers with functions of their own.
HETEROGENEOUS = OneStepLemma(descent=1.0, disagreement=1.25, heterogeneous=True)


def one_step_excess(
    lemma: OneStepLemma, *, smoothness: float, strong_convexity: float, workers: int, lr: float
) -> WorstCase:
    """Return max (left − right) of a one-step lemma over the class, under R + V ≤ 1: 0 if it holds, else positive.

    Both sides are homogeneous of degree 2, so the sign does not depend on the size. For different f_m the gradients
    at x* may be taken as 0: f_m − ⟨∇f_m(x*), ·⟩ has the same R, R′, Δ, V, because the gradients add up to 0.

    Parameters
    ----------
    lemma : OneStepLemma
        Its coefficients.
    smoothness, strong_convexity : float
        L > μ ≥ 0.
    workers : int
        M.
    lr : float
        η > 0.

    Raises
    ------
    BadInput, NotCertified
        As `local_gd_worst_case`.
    """
    _check_step(smoothness, strong_convexity, workers, lr)
    # In units in which L = 1: both sides know f as ηf only.
    strong_convexity, lr = strong_convexity / smoothness, lr * smoothness
    with estimation() as problem:
        own = _functions(problem, 1.0, strong_convexity, workers if lemma.heterogeneous else 1)
        functions = own if lemma.heterogeneous else own * workers
        # |x^m|² ≤ Σ |x^n|² = M(R + V) ≤ M.
        points = [problem.vector(workers**0.5) for _ in range(workers)]
        program = _one_step(problem, lemma, functions, points, lr)
    return certify(program)


def smallest_disagreement(
    lemma: OneStepLemma,
    *,
    smoothness: float,
    strong_convexity: float,
    workers: int,
    lr: float,
    halvings: int = 10,
) -> tuple[float, float]:
    """Bracket the least b with which a lemma holds, by bisection below its own b.

    Parameters
    ----------
    lemma, smoothness, strong_convexity, workers, lr
        As `one_step_excess`; the lemma must hold.
    halvings : int
        The bracket is 2^{−halvings} of the lemma's b wide.

    Returns
    -------
    (low, high)
        With ``low`` an example breaks the lemma by more than the certificates leave open (or low = 0). With ``high``
        the lemma holds but for 1e-7 (R + V): the excess is quadratic in what b lacks.

    Raises
    ------
    BadInput
        If the lemma itself fails. Else as `one_step_excess`.
    """
    setting = (smoothness, strong_convexity, workers, lr)
    if not _holds(lemma, *setting):
        raise checks.refuse("lemma", lemma, "must hold to start from", "give it a larger disagreement")
    low, high = 0.0, lemma.disagreement
    for _ in range(checks.integer("halvings", halvings, 1, "give a count")):
        middle = (low + high) / 2.0
        holds = _holds(dataclasses.replace(lemma, disagreement=middle), *setting)
        low, high = (low, middle) if holds else (middle, high)
    return low, high


def consensus_growth(
    *, smoothness: float, strong_convexity: float = 0.0, workers: int = 2, lr: float
) -> WorstCase:
    """Return max V′/V of one local step of identical workers: max(|1 − ημ|, |1 − ηL|)², at most 1 for η ≤ 2/L.

    V = (1/M) Σ |x^m − x̂|². Worker 1 may stand at a minimiser: neither a translation nor a linear term added to f
    changes V or V′.

    Parameters
    ----------
    smoothness, strong_convexity
        L > μ ≥ 0.
    workers
        M ≥ 2.
    lr
        η > 0.

    Raises
    ------
    BadInput, NotCertified
        As `local_gd_worst_case`; one worker has no disagreement, so M ≥ 2.
    """
    _check_step(smoothness, strong_convexity, workers, lr)
    checks.integer("workers", workers, 2, "one worker agrees with itself: give two or more")
    with estimation() as problem:
        (f,) = _functions(problem, 1.0, strong_convexity / smoothness, 1)
        # 2M² V = Σ_{m,n} |x^m − x^n|² counts each |x^m − x^1|² twice, so V ≤ 1 keeps it below M².
        points = [problem.origin(), *(problem.vector(workers) for _ in range(workers - 1))]
        problem.problem.add_constraint(_disagreement(points) <= 1)
        program = problem.program(_disagreement([f.step(x, lr * smoothness) for x in points]))
    return certify(program)


def _holds(lemma: OneStepLemma, smoothness: float, strong_convexity: float, workers: int, lr: float) -> bool:
    worst = one_step_excess(
        lemma, smoothness=smoothness, strong_convexity=strong_convexity, workers=workers, lr=lr
    )
    return worst.value <= HOLDS


def _functions(problem: Estimation, smoothness: float, strong_convexity: float, count: int) -> list[Unknown]:
    return [problem.function(smoothness, strong_convexity, problem.origin()) for _ in range(count)]


def _one_step(
    problem: Estimation, lemma: OneStepLemma, functions: list[Unknown], points: list[Located], lr: float
) -> GramProgram:
    """Left − right of the lemma, the largest under R + V ≤ 1."""
    smoothness, strong_convexity = functions[0].smoothness, functions[0].strong_convexity
    centre = mean(points)
    after = mean([f.step(x, lr) for f, x in zip(functions, points, strict=True)])
    gap = sum(f.value(centre) for f in functions) / len(functions)
    before, apart = centre.point**2, _disagreement(points)
    problem.problem.add_constraint(before + apart <= 1)
    right = (1.0 - lr * strong_convexity) * before - lemma.descent * lr * gap
    return problem.program(after.point**2 - right - lemma.disagreement * lr * smoothness * apart)


def _disagreement(points: list[Located]) -> Any:
    """V."""
    centre = mean(points).point
    return sum((x.point - centre) ** 2 for x in points) / len(points)


def _check_step(smoothness: float, strong_convexity: float, workers: int, lr: float) -> None:
    check_class(smoothness, strong_convexity)
    checks.integer("workers", workers, 1, "give a count")
    checks.number("lr", lr, "give the learning rate η", above=0.0)
