"""The numbers that enter the bounds on scaled local methods, named and checked."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.display import in_brief
from implicitbias.problems import AbstractProblem
from implicitbias.scaled.fixed_points import minimiser
from implicitbias.scaled.metric import identical_workers, metric_constants, MetricConstants, worst
from implicitbias.scaled.noise import AbstractNoise, Exact


EIGENVALUE_ROUNDING = 1e-9  # μ and L of one matrix, each to the accuracy of its eigenvalues


@dataclass(frozen=True, kw_only=True)
class Constants:
    """Constants of a problem, of the preconditioners D̂_p and of a method, for T1–T4.

    Parameters
    ----------
    smoothness, strong_convexity : float
        L > 0 and μ ≥ 0 of every f_m.
    noise : float
        σ² ≥ E|g^m − ∇f_m|² at every point, ∞ if there is no such number.
    floor, ceiling : float
        0 < d_min ≤ d_max with d_min·I ≤ D̂_p ≤ d_max·I.
    workers, local_steps : int
        M and H.
    lr : float
        η.
    drift : float
        c ≥ 0 with D̂_{p+1} ≤ (1 + c)D̂_p at every refresh.
    minimiser_noise : float, optional
        (1/M) Σ E|g^m − ∇f_m|² at x*; σ² by default.
    heterogeneity : float
        ζ*² = (1/M) Σ |∇f_m(x*)|².
    sample_smoothness : float, optional
        L of almost every f_m(·, z); L by default.
    identical : bool
        Whether all f_m are one function.
    shared : bool
        Whether all workers step with one D̂_p, frozen for the round.
    independent : bool
        Whether D̂_p is independent of the gradients that it multiplies, given the past.
    metric : MetricConstants, optional
        L_D, μ_D, σ_D² in the worst of the D̂_p; by default the crude L/d_min, μ/d_max, σ²/d_min.

    Raises
    ------
    BadInput
        If a number is out of its range.
    """

    smoothness: float
    strong_convexity: float
    noise: float
    floor: float
    ceiling: float
    workers: int
    local_steps: int
    lr: float
    drift: float = 0.0
    minimiser_noise: float | None = None
    heterogeneity: float = 0.0
    sample_smoothness: float | None = None
    identical: bool = True
    shared: bool = True
    independent: bool = True
    metric: MetricConstants | None = None

    __repr__ = in_brief

    def __post_init__(self):
        checks.number("smoothness", self.smoothness, "give L", above=0)
        checks.number("strong_convexity", self.strong_convexity, "0 is merely convex", least=0)
        if self.strong_convexity > self.smoothness * (1.0 + EIGENVALUE_ROUNDING):
            rule = f"must not exceed smoothness = {self.smoothness:g}, for μ ≤ L"
            raise checks.refuse("strong_convexity", self.strong_convexity, rule, "swap them")
        for name in ("identical", "shared", "independent"):
            checks.instance(name, getattr(self, name), bool, "give True or False")
        checks.instance("metric", self.metric, MetricConstants | None, "give metric_constants(…), or None")
        checks.number(
            "floor", self.floor, "the theorems need D̂ ≥ d_min > 0; give a floor, e.g. 1e-3", above=0
        )
        checks.number(
            "ceiling", self.ceiling, f"d_max is at least d_min = {self.floor:g}; clip h", least=self.floor
        )
        checks.integer("workers", self.workers, 1, "give M")
        checks.integer("local_steps", self.local_steps, 1, "give H")
        checks.number("lr", self.lr, "give η", above=0)
        checks.number("drift", self.drift, "0 is a D̂ that never changes", least=0)
        checks.number("heterogeneity", self.heterogeneity, "give ζ*²", least=0)
        for name in ("noise", "minimiser_noise"):
            _check_noise(name, getattr(self, name))
        if self.sample_smoothness is not None:
            checks.number("sample_smoothness", self.sample_smoothness, "give L of a sample", above=0)

    @classmethod
    def of(
        cls,
        problem: AbstractProblem,
        *,
        floor: float,
        ceiling: float,
        lr: float,
        local_steps: int,
        drift: float = 0.0,
        noise: AbstractNoise = Exact(),  # noqa: B008 -- a frozen description without state
        diagonals: Float[np.ndarray, "*refresh dim"] | None = None,
        at: Float[np.ndarray, " dim"] | None = None,
        **said: Any,
    ) -> "Constants":
        """Return the constants of a problem; metric-aware if the D̂_p that were in force are given.

        Parameters
        ----------
        problem
            Linear classification with a smooth loss, least squares, or quadratics.
        floor, ceiling, lr, local_steps, drift
            d_min, d_max, η, H, c.
        noise
            Law of the gradients.
        diagonals : array (refresh, dim) or (dim,), optional
            Every D̂_p.
        at : array (dim,), optional
            x*, if already known.
        **said
            ``shared`` and ``independent``.

        Raises
        ------
        BadInput, NotCertified
            As for `metric_constants`; or if a D̂_p leaves [d_min, d_max].
        """
        x = minimiser(problem) if at is None else at
        euclidean = metric_constants(problem, np.ones(problem.dim), noise, x)
        return cls(
            smoothness=euclidean.smoothness,
            strong_convexity=euclidean.strong_convexity,
            sample_smoothness=euclidean.sample_smoothness,
            noise=euclidean.noise,
            minimiser_noise=euclidean.minimiser_noise,
            heterogeneity=euclidean.heterogeneity,
            floor=floor,
            ceiling=ceiling,
            workers=problem.workers,
            local_steps=local_steps,
            lr=lr,
            drift=drift,
            identical=identical_workers(problem),
            metric=None
            if diagonals is None
            else worst(metric_constants(problem, d, noise, x) for d in _between(diagonals, floor, ceiling)),
            **said,
        )

    @property
    def euclidean(self) -> MetricConstants:
        """L, μ, σ² as given."""
        return MetricConstants(
            smoothness=self.smoothness,
            strong_convexity=self.strong_convexity,
            sample_smoothness=self.smoothness if self.sample_smoothness is None else self.sample_smoothness,
            noise=self.noise,
            minimiser_noise=self.noise if self.minimiser_noise is None else self.minimiser_noise,
            heterogeneity=self.heterogeneity,
        )

    @property
    def scaled(self) -> MetricConstants:
        """L_D, μ_D, σ_D² if the D̂_p are known, else L/d_min, μ/d_max, σ²/d_min."""
        return self.euclidean.crude(self.floor, self.ceiling) if self.metric is None else self.metric

    @property
    def spread(self) -> float:
        """κ = d_max/d_min."""
        return self.ceiling / self.floor

    def named(self) -> dict[str, float]:
        """Return the constants by their symbols."""
        scaled = self.scaled
        return {
            "L": self.smoothness,
            "μ": self.strong_convexity,
            "σ²": self.noise,
            "d_min": self.floor,
            "d_max": self.ceiling,
            "M": self.workers,
            "H": self.local_steps,
            "η": self.lr,
            "c": self.drift,
            "L_D": scaled.smoothness,
            "μ_D": scaled.strong_convexity,
            "σ_D²": scaled.noise,
            "σ_dif,D²": scaled.dissimilarity,
        }


def _check_noise(name: str, value: object) -> None:
    if value is None and name == "minimiser_noise":
        return
    if value != math.inf:
        checks.number(name, value, "give σ², or inf if there is none", least=0)


def _between(diagonals: np.ndarray, floor: float, ceiling: float) -> np.ndarray:
    entries = np.atleast_2d(checks.real_array("diagonals", diagonals))
    if not ((entries >= floor) & (entries <= ceiling)).all():
        raise checks.refuse(
            "diagonals",
            f"from {entries.min():g} to {entries.max():g}",
            f"every D̂_p must lie between d_min = {floor:g} and d_max = {ceiling:g}",
            "give the bounds that were in force",
        )
    return entries
