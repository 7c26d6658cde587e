"""T1–T4: convergence of scaled local methods (derived, SAVIC-type), as bounds with their hypotheses and terms.

| | data | f | bounds |
|---|---|---|---|
| T1 `identical_strongly_convex` | identical | μ > 0 | E|x̂_T − x*|² |
| T2 `identical_convex` | identical | μ ≥ 0 | E f(x̄) − f* |
| T3 `heterogeneous_convex` | heterogeneous | μ ≥ 0 | E f(x̄) − f* |
| T4 `heterogeneous_strongly_convex` | heterogeneous | μ > 0 | E|x̂_T − x*|² |

x̄ = Σ w_t x̂_t/Σ w_t over t < T = RH with w_t = (1+c)^{−p(t)}, p(t) the round. Within a round D̂ is constant, so that
y = D̂^{1/2}x is plain Local SGD on functions with constants L_D, μ_D, σ_D²; only the change of D̂ at refreshes is new.
Crude or metric-aware: `Constants.scaled` decides. ``constants="derived"`` is proved here; ``"khaled_form"`` has the
constants of Khaled, Mishchenko and Richtárik for D = I, as recalled; those printed in the SAVIC article have not been
checked.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from implicitbias import checks
from implicitbias.bounds import Bound
from implicitbias.scaled.constants import Constants
from implicitbias.scaled.one_step import within


# exp of more overflows; the bound is then infinite, and true.
LARGEST_EXPONENT = 709.0


@dataclass(frozen=True)
class Form:
    """A choice of numerical constants.

    Attributes
    ----------
    averaging_gain
        Whether the (H − 1) term of identical data carries 1 − 1/M.
    convex
        T3: coefficients of the start, of the noise, of the local steps.
    limit
        T3: the least η L_D that is not allowed is 1/limit.
    """

    averaging_gain: bool
    convex: tuple[float, float, float]
    limit: float


# Constants of T1–T4 as derived here, and those of Khaled, Mishchenko and Richtárik for D = I, as recalled.
FORMS: Mapping[str, Form] = MappingProxyType(
    {"derived": Form(True, (1.25, 5.0, 5.0), 8.0), "khaled_form": Form(False, (4.0, 20.0, 16.0), 4.0)}
)

# T4: 1.25·3.63 per η²L(H−1)²σ², and 4 per ησ²/M, each over 1 − (1 − a) = a.
HETEROGENEOUS_NOISE = 4.0
HETEROGENEOUS_STEPS = 4.55


def identical_strongly_convex(
    given: Constants, *, squared_distance: float, rounds: int, constants: str = "derived"
) -> Bound:
    """T1: (d_max/d_min)(1 − a/2)^T r₀ + (1+c)/(d_min μ_D)·[2ησ_D²/M + 4η²L_D(H−1)(1−1/M)σ_D²], a = ημ_D.

    For c = 0 the factor is 1 − a and the bracket halves. Proof: L2 and L3 per step, (1+c)(1−a)^H ≤ (1−a/2)^H, a
    geometric sum, and the Euclidean norm is at most that of D̂ over √d_min.

    Parameters
    ----------
    given
        Problem, preconditioner and method.
    squared_distance
        r₀ = |x₀ − x*|².
    rounds
        R, hence T = RH steps.
    constants
        "derived" or "khaled_form".

    Returns
    -------
    Bound
        On E|x̂_T − x*|²; its constants hold the terms "start", "noise" and "local steps".

    Raises
    ------
    BadInput
        For "article", whose constants have not been checked, or numbers out of range.
    """
    form = _form(constants)
    noise, steps = _identical_terms(given, form)
    hypotheses = (*_identical(given), *_contracting(given))
    return _contraction(
        "T1, identical data, μ > 0", given, squared_distance, rounds, (noise, 2.0 * steps), hypotheses
    )


def identical_convex(
    given: Constants, *, squared_distance: float, rounds: int, constants: str = "derived"
) -> Bound:
    """T2: 2(1+c)^R d_max r₀/(ηT) + 2ησ_D²/M + 4η²L_D(H−1)(1−1/M)σ_D², a bound on E f(x̄) − f*.

    Proof: multiply L2 by w_t and telescope; Σ w_t ≥ T(1+c)^{−R}. The parameters are those of T1.
    """
    form = _form(constants)
    noise, steps = _identical_terms(given, form)
    start = _start(given, 2.0, squared_distance, rounds)
    terms = (start, 2.0 * noise, 4.0 * steps)
    return _bound("T2, identical data, μ ≥ 0", given, rounds, terms, _identical(given))


def heterogeneous_convex(
    given: Constants, *, squared_distance: float, rounds: int, constants: str = "derived"
) -> Bound:
    """T3: 1.25(1+c)^R d_max r₀/(ηT) + 5ησ*_D²/M + 5η²L_D(H−1)²σ_dif,D², a bound on E f(x̄) − f*.

    σ*_D² is the noise at x* alone: ζ*² enters only where local steps do. Proof: L4, then L5 with weights constant
    inside a round. "khaled_form" has 4, 20, 16 and admits ηL_D ≤ 1/4. The parameters are those of T1.
    """
    form = _form(constants)
    noise, steps = _heterogeneous_terms(given)
    start = _start(given, form.convex[0], squared_distance, rounds)
    terms = (start, form.convex[1] * noise, form.convex[2] * steps)
    return _bound(
        "T3, heterogeneous data, μ ≥ 0", given, rounds, terms, _heterogeneous(given, limit=form.limit)
    )


def heterogeneous_strongly_convex(
    given: Constants, *, squared_distance: float, rounds: int, constants: str = "derived"
) -> Bound:
    """T4: (d_max/d_min)(1 − a/2)^T r₀ + (1+c)/(d_min μ_D)·[8ησ*_D²/M + 9.1η²L_D(H−1)²σ_dif,D²], a = ημ_D.

    For c = 0 the factor is 1 − a and the bracket halves. Proof: as T1 with L4 and L5, its weights growing by 8/7 at
    most inside a round; 1.25·7.25/64 < 1, so that Δ drops. The parameters are those of T1; there is no
    "khaled_form": for heterogeneous data it is known only for μ = 0.
    """
    if constants == "khaled_form":
        raise checks.refuse("constants", constants, "known only for T1, T2 and T3", "choose 'derived'")
    form = _form(constants)
    noise, steps = _heterogeneous_terms(given)
    hypotheses = (*_heterogeneous(given, limit=form.limit), *_contracting(given))
    terms = (HETEROGENEOUS_NOISE * noise, HETEROGENEOUS_STEPS * steps)
    return _contraction("T4, heterogeneous data, μ > 0", given, squared_distance, rounds, terms, hypotheses)


# T1–T4; the values are functions of constants and rounds that return a ``Bound``.
THEOREMS: Mapping[str, Callable[..., Bound]] = MappingProxyType(
    {
        "T1": identical_strongly_convex,
        "T2": identical_convex,
        "T3": heterogeneous_convex,
        "T4": heterogeneous_strongly_convex,
    }
)


def crude_rate(given: Constants) -> float:
    """(d_min/d_max)μ/(8L): the best contraction per step of crude T1, at η = d_min/(4L); at most μ/(8L), that of I.

    The crude constants never predict a gain of scaling, whatever the problem.
    """
    return given.floor / given.ceiling * given.strong_convexity / (8.0 * given.smoothness)


def metric_rate(given: Constants) -> float:
    """μ_D/(8L_D) = 1/(8κ_D): the best contraction per step of T1 in the metric of the D̂_p."""
    return given.scaled.strong_convexity / (8.0 * given.scaled.smoothness)


def _form(constants: str) -> Form:
    if constants == "article":
        rule = "the constants printed in the SAVIC article have not been checked, so that none are offered"
        raise checks.refuse("constants", constants, rule, f"choose one of {', '.join(FORMS)}")
    if not isinstance(constants, str) or constants not in FORMS:
        raise checks.refuse("constants", constants, "no such form", f"choose one of {', '.join(FORMS)}")
    return FORMS[constants]


def _identical_terms(given: Constants, form: Form) -> tuple[float, float]:
    """ησ²/M and η²L(H − 1)(1 − 1/M)σ²."""
    scaled, apart = given.scaled, given.local_steps - 1
    share = 1.0 - 1.0 / given.workers if form.averaging_gain else 1.0
    noise = given.lr * scaled.noise / given.workers
    # 0·∞ is no number: without local steps, or with one worker, the term is absent.
    steps = given.lr**2 * scaled.smoothness * apart * share * scaled.noise if apart * share > 0.0 else 0.0
    return noise, steps


def _heterogeneous_terms(given: Constants) -> tuple[float, float]:
    """ησ*²/M and η²L(H − 1)²σ_dif²."""
    scaled = given.scaled
    noise = given.lr * scaled.minimiser_noise / given.workers
    apart = (given.local_steps - 1) ** 2
    steps = given.lr**2 * scaled.sample_smoothness * apart * scaled.dissimilarity if apart else 0.0
    return noise, steps


def _start(given: Constants, coefficient: float, squared_distance: float, rounds: int) -> float:
    """coefficient·(1+c)^R d_max r₀/(ηT)."""
    _check_run(squared_distance, rounds)
    exponent = rounds * math.log1p(given.drift)
    grown = math.exp(exponent) if exponent < LARGEST_EXPONENT else math.inf
    return coefficient * grown * given.ceiling * squared_distance / (given.lr * rounds * given.local_steps)


def _contraction(
    name: str,
    given: Constants,
    squared_distance: float,
    rounds: int,
    terms: tuple[float, float],
    hypotheses: tuple[tuple[str, bool], ...],
) -> Bound:
    """(d_max/d_min)(1 − a/q)^T r₀ + q(1+c)/(d_min μ)·(terms), q = 2, or 1 for a D̂ that never changes."""
    _check_run(squared_distance, rounds)
    slowed, mu = (1.0 if given.drift == 0.0 else 2.0), given.scaled.strong_convexity
    # Beyond ημ = q no hypothesis on η is met; a power of a negative number is no bound, and may overflow.
    factor = max(0.0, 1.0 - given.lr * mu / slowed)
    start = given.spread * factor ** (rounds * given.local_steps) * squared_distance
    weight = slowed * (1.0 + given.drift) / (given.floor * mu) if mu > 0.0 else math.inf
    noise, steps = (weight * term if term > 0.0 else 0.0 for term in terms)
    return _bound(name, given, rounds, (start, noise, steps), hypotheses)


def _bound(
    name: str,
    given: Constants,
    rounds: int,
    terms: tuple[float, float, float],
    hypotheses: tuple[tuple[str, bool], ...],
) -> Bound:
    named = dict(zip(("start", "noise", "local steps"), terms, strict=True))
    constants = {**given.named(), "R": rounds, "T": rounds * given.local_steps, **named}
    return Bound(name, constants, (*_scaling(given), *hypotheses), sum(terms))


def _scaling(given: Constants) -> tuple[tuple[str, bool], ...]:
    return (
        ("one D̂ for all workers, frozen for the round", given.shared),
        ("D̂ independent of the gradients it multiplies", given.independent),
    )


def _identical(given: Constants) -> tuple[tuple[str, bool], ...]:
    return (
        ("f_m = f for every worker", given.identical),
        ("σ² < ∞", math.isfinite(given.scaled.noise)),
        within("η L_D ≤ 1/4", given.lr * given.scaled.smoothness, 1 / 4),
    )


def _heterogeneous(given: Constants, *, limit: float) -> tuple[tuple[str, bool], ...]:
    step = given.lr * given.scaled.sample_smoothness
    return (
        within(f"η L_D ≤ 1/{limit:g}", step, 1.0 / limit),
        within("η L_D (H − 1) ≤ 1/8", step * (given.local_steps - 1), 1 / 8),
    )


def _contracting(given: Constants) -> tuple[tuple[str, bool], ...]:
    mu = given.scaled.strong_convexity
    return (
        ("μ > 0", mu > 0.0),
        within("c ≤ Hημ_D/2", given.drift, 0.5 * given.local_steps * given.lr * mu),
    )


def _check_run(squared_distance: float, rounds: int) -> None:
    checks.number("squared_distance", squared_distance, "give |x₀ − x*|²", least=0)
    checks.integer("rounds", rounds, 1, "give R ≥ 1")
