"""Where Local SGD ends up along Γ: stationary laws as masses on a fine grid, and how they are measured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import RunSpec, Stream
from paper_repro.claims import Curve, knob, Measured, Observation, Predicted, Prediction, Traces
from paper_repro.claims.two_rates import at_two_rates, in_the_limit, Regime, regime
from sde.zoo.closed_forms import AbstractClosedForms


MEANS = "distribution function at quantiles of the slow law, and means of bounded functions, η → 0"
LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)
# Records after the start is forgotten, as many as before.
RECORDS = 24

# ηM, ηMα and H of the coarser run, wider than elsewhere: a law is measured bluntly.
NOISE, SPREAD, FEWEST_STEPS = 0.4, 0.15, 5

Points = Float[np.ndarray, " point"]


@dataclass(frozen=True)
class StationaryKnobs:
    """The method; η follows. B = 1 is a unit of slow time."""

    workers: int = knob(4, "M", "workers", low=2, high=8)
    round_time: float = knob(0.5, "α", "conventional time of a round, ηH", low=0.1, high=1.0, log=True)


@dataclass(frozen=True, eq=False)
class Law:
    """A law on Γ as masses at points, known through one function u of the point.

    Parameters
    ----------
    place
        u at the points.
    masses
        Of sum 1.
    """

    place: Points
    masses: Points

    def below(self, ends: Points) -> Points:
        """Return P(u ≤ end)."""
        order = np.argsort(self.place)
        return np.interp(ends, self.place[order], np.cumsum(self.masses[order]))

    def quantiles(self, levels: Points) -> Points:
        """Return the points below which u lies with these probabilities."""
        order = np.argsort(self.place)
        return np.interp(levels, np.cumsum(self.masses[order]), self.place[order])

    def mean(self, g: Callable[[Points], Points]) -> float:
        """Return E g(u)."""
        return float(self.masses @ g(self.place))


@dataclass(frozen=True, eq=False)
class StationaryCase:
    """A landscape with the slow law of Local SGD on it, and the laws of the falsifiers.

    Parameters
    ----------
    forms, start
        The landscape, and where runs begin.
    read
        θ ↦ u(Φ(θ)), (…, dim) ↦ (…).
    moments
        Functions of u with values in [−1, 1], by name.
    laws
        By name; ``"slow"`` is the claim's.
    coarse, stream
        The coarser of the two runs, and the source of noise.
    """

    forms: AbstractClosedForms
    start: Float[np.ndarray, " dim"]
    read: Callable[[np.ndarray], np.ndarray]
    moments: Mapping[str, Callable[[Points], Points]]
    laws: Mapping[str, Law]
    coarse: Regime
    stream: Stream

    @property
    def ends(self) -> Points:
        """Quantiles of the slow law."""
        return self.laws["slow"].quantiles(np.array(LEVELS))


def law_of(log_density: Points, place: Points, spacing: Points | float = 1.0) -> Law:
    """Return the law of a density at points, that of dq being ``spacing``; the density need not be normalised."""
    masses = np.exp(log_density - log_density.max()) * spacing
    return Law(place, masses / masses.sum())


def blunt_regime(knobs: StationaryKnobs, slow_time: float, spread: float = SPREAD) -> Regime:
    """Return the coarser of the two regimes of a long run."""
    return regime(
        knobs.workers,
        knobs.round_time,
        slow_time,
        noise=NOISE,
        spread=spread,
        fewest_steps=FEWEST_STEPS,
        multiple=2 * RECORDS,
    )


def stationary_runs(case: StationaryCase, gradients: float) -> tuple[RunSpec, RunSpec]:
    """Return runs at both rates; the first half of the records lets the start be forgotten."""
    return at_two_rates(case.forms.landscape, case.coarse, case.start, gradients, case.stream, 2 * RECORDS)


def observe(case: StationaryCase, traces: Traces) -> Observation:
    """Average over the second half of every run; the statement is about a law, and so is the allowance: the largest."""
    values = [_bounded(case, case.read(trace.w[:, RECORDS + 1 :])) for trace in traces]
    found = in_the_limit(*values, comparisons=values[0].shape[1], together=True)
    shares, errors = np.asarray(found.value)[: len(LEVELS)], np.asarray(found.error)[: len(LEVELS)]
    label = f"Local SGD, M = {case.coarse.workers}, α = {case.coarse.round_time:.3g}, η → 0"
    curve = Curve(case.ends, shares, label, "measured", "local_sgd", shares - errors, shares + errors)
    # What η does to these laws is mostly below the statistical error: the interval holds both.
    return Observation({MEANS: Measured(found.value, found.error + np.asarray(found.allowance))}, (curve,))


def _bounded(case: StationaryCase, values: Float[np.ndarray, "replica record"]) -> np.ndarray:
    means = [g(values).mean(axis=1) for g in case.moments.values()]
    return np.column_stack([below(values, case.ends), *means])


def below(values: Float[np.ndarray, "replica record"], ends: Points) -> Float[np.ndarray, "replica end"]:
    """Return the share of its time that every replica spends below the ends."""
    return (values[..., None] <= ends).mean(axis=1)


def predict(case: StationaryCase) -> Prediction:
    """The slow law; beside it those of SGD and of the M-fold limit."""
    drawn = (
        ("slow", "slow SDE of Local SGD", "theory"),
        ("sgd", "SGD", "reference"),
        ("fold", "M-fold limit", "falsifier"),
    )
    place = case.laws["slow"].quantiles(np.linspace(0.005, 0.995, 100))
    lines = tuple(Curve(place, case.laws[name].below(place), label, role) for name, label, role in drawn)
    return Prediction({MEANS: _under(case, "slow")}, lines)


def _under(case: StationaryCase, name: str) -> Predicted:
    law = case.laws[name]
    means = [law.mean(g) for g in case.moments.values()]
    return Predicted(np.concatenate([law.below(case.ends), means]))


def under(name: str) -> Callable[[StationaryCase], Prediction]:
    """Return the prediction of another law."""
    return lambda case: Prediction({MEANS: _under(case, name)})
