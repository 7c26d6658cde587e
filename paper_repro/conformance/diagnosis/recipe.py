"""Everything that a FedAvg-like simulator does, as values that can be changed one at a time."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from paper_repro.conformance.task import Task


Numbers = tuple[float, ...]
# η of step k in round r relative to η of the first step: (r, k, H) -> factor.
Schedule = Callable[[int, int, int], float]
# What a gradient per worker, shape (worker, dim), is made into before the step.
Transform = Callable[[np.ndarray], np.ndarray]
# How doubles are rounded; the identity keeps them.
Rounding = Callable[[np.ndarray], np.ndarray]


def constant(round_: int, step: int, steps: int) -> float:
    """1: a learning rate that stays."""
    return 1.0


def unchanged(values: np.ndarray) -> np.ndarray:
    """Return what is given."""
    return values


@dataclass(frozen=True, eq=False)
class Samples:
    """X_m and y_m of every worker, of which a step sees all, or ``batch`` after ``batch`` in their order."""

    features: tuple[Float[np.ndarray, "_ dim"], ...]  # n_m differ
    labels: tuple[Float[np.ndarray, " _"], ...]
    batch: int | None = None

    @property
    def sizes(self) -> tuple[int, ...]:
        """n_m."""
        return tuple(len(rows) for rows in self.labels)

    @cached_property
    def moments(self) -> tuple[Float[np.ndarray, "worker dim dim"], Float[np.ndarray, "worker dim"]]:
        """A_m = X_mᵀX_m/n_m and g_m = X_mᵀy_m/n_m, so that ∇f_m(v) = A_m v − g_m."""
        return _stacked([_moments(x, y) for x, y in zip(self.features, self.labels, strict=True)])

    def moments_at(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """A_m and g_m of the samples that step k = 0, 1, … of a round sees."""
        if self.batch is None:
            return self.moments
        taken = [(step * self.batch + np.arange(self.batch)) % n for n in self.sizes]
        rows = zip(self.features, self.labels, taken, strict=True)
        return _stacked([_moments(x[i], y[i]) for x, y, i in rows])


Moments = tuple[np.ndarray, np.ndarray]


def _moments(features: np.ndarray, labels: np.ndarray) -> Moments:
    return features.T @ features / len(labels), features.T @ labels / len(labels)


def _stacked(moments: list[Moments]) -> Moments:
    return np.array([a for a, _ in moments]), np.array([g for _, g in moments])


@dataclass(frozen=True, eq=False)
class LocalWork:
    """H_m steps v ← v − η_m(ℓ_m ∇f_m(v) + ρ(v − anchor) + λv) from where a round begins.

    Attributes
    ----------
    steps, counted_steps
        H_m as taken, and as corrections count them.
    lr, counted_lr
        η_m likewise.
    loss_factors
        ℓ_m, 1 for the mean of squares over two.
    proximal, anchor
        ρ and the point it pulls to: the server's, the start, 0, the server's of the round before, or the worker's last.
    weight_decay
        λ.
    momentum, nesterov, keeps_buffer
        Heavy ball u ← μu + g, v ← v − ηu (Nesterov: v ← v − η(g + μu)); whether u outlives the round.
    schedule, transform
        Of η and of the gradient.
    evaluated
        Where a gradient is taken: at v, at the round's start for all steps, or one step late.
    begins
        From the server's vector, from the worker's own last model, from the server's of the round before, from x⁰, or
        in turns from the worker before (the first from the server's).
    averages_every_step
        Whether models are averaged after every step, not every round.
    exact
        argmin f_m + (ρ/2)|v − x^r|² in place of steps; of ρ = 0 the nearest minimiser.
    """

    steps: tuple[int, ...]
    counted_steps: tuple[int, ...]
    lr: Numbers
    counted_lr: Numbers
    loss_factors: Numbers
    proximal: float = 0.0
    anchor: Literal["server", "start", "zero", "previous", "own"] = "server"
    weight_decay: float = 0.0
    momentum: float = 0.0
    nesterov: bool = False
    keeps_buffer: bool = False
    schedule: Schedule = constant
    transform: Transform = unchanged
    evaluated: Literal["here", "first", "late"] = "here"
    begins: Literal["server", "own", "previous", "start", "turns"] = "server"
    averages_every_step: bool = False
    exact: bool = False

    @cached_property
    def loss_columns(self) -> Float[np.ndarray, "worker 1"]:
        """ℓ_m as a column."""
        return np.array(self.loss_factors)[:, None]


@dataclass(frozen=True, eq=False)
class Controls:
    """SCAFFOLD: steps along g − own·c_m + server·c, then c_m⁺ = c_m − kept·c + (x − v_m)/divisor_m, c = Σ w_m c_m.

    Attributes
    ----------
    own, server, kept
        Factors, 1 each.
    divisors
        Of the path; None: counted H_m times counted η_m.
    weights
        w_m; None: the p_m of the average.
    option
        c_m from the path, or ∇f_m(x^r) before the local work, or ∇f_m(v_m) after it.
    own_updates, server_updates
        Whether c_m and c are updated at all.
    stale
        Whether steps see the c of one round before.
    in_turn
        Whether c moves after every worker, so that the next one sees it.
    only_first_step
        Whether just the first step is corrected.
    warm
        Whether c_m = ∇f_m(x⁰) at first.
    against
        What the path is measured from: x^r, or x^{r+1}.
    gathers
        c ← c + Σ w_m (c_m⁺ − c_m), or with c_m⁺ in the place of the difference, or without c.
    """

    own: float = 1.0
    server: float = 1.0
    kept: float = 1.0
    divisors: Numbers | None = None
    weights: Numbers | None = None
    option: Literal["path", "gradient", "last gradient"] = "path"
    own_updates: bool = True
    server_updates: bool = True
    stale: bool = False
    in_turn: bool = False
    only_first_step: bool = False
    warm: bool = False
    against: Literal["old", "new"] = "old"
    gathers: Literal["mean", "sum", "difference"] = "mean"


@dataclass(frozen=True, eq=False)
class Normalisation:
    """FedNova: Δ = τ Σ p_m (v_m − x)/divisor_m; None: counted H_m, and τ = Σ p_m H_m."""

    divisors: Numbers | None = None
    effective: float | None = None


@dataclass(frozen=True, eq=False)
class ServerStep:
    """u ← βu + damping·Δ, x ← base + rate·u, or rate·(Δ + βu) with Nesterov; Δ comes ``delay`` rounds late.

    Attributes
    ----------
    base
        The server's vector, or what x moves from by mistake: the average Σ p_m v_m, x⁰, or the server's of before.
    moves
        Δ = Σ p_m (v_m − x), or v_m minus where the worker began, or Σ p_m v_m − x: the same for right weights; or the
        median of v_m − x, coordinate by coordinate.
    resets
        Whether u starts from 0 in every round.
    schedule
        Of the rate over rounds: r -> factor.
    """

    rate: float = 1.0
    momentum: float = 0.0
    nesterov: bool = False
    damping: float = 1.0
    delay: int = 0
    resets: bool = False
    base: Literal["server", "average", "start", "previous"] = "server"
    moves: Literal["server", "beginning", "models", "median"] = "server"
    schedule: Callable[[int], float] = lambda round_: 1.0


@dataclass(frozen=True, eq=False)
class Record:
    """What is handed out: the server's vectors x^{shift+1}, x^{shift+1+stride}, …, or something else in their place.

    ``shown``: the server's vector, the average of the local models, one worker's model, or the mean of all rounds so
    far; ``smoothing`` γ > 0 shows the moving average z ← γz + (1 − γ)x from z = x⁰; ``aliased`` shows one and the same
    vector R times, the last; ``rounding`` is that of the record alone.
    """

    shift: int = 0
    stride: int = 1
    shown: Literal["server", "average", "mean so far"] | int = "server"
    smoothing: float = 0.0
    aliased: bool = False
    rounding: Rounding = unchanged


@dataclass(frozen=True, eq=False)
class Recipe:
    """A simulator as its parts; ``recursion.path`` runs it."""

    samples: Samples
    work: LocalWork
    weights: Numbers
    start: Float[np.ndarray, " dim"]
    controls: Controls | None = None
    normalisation: Normalisation | None = None
    server: ServerStep = ServerStep()
    record: Record = Record()
    rounding: Rounding = unchanged
    shown_dim: int | None = None

    @property
    def workers(self) -> int:
        """M."""
        return len(self.weights)

    def replaced(self, **changes: Any) -> "Recipe":
        """Return the recipe with some parts changed."""
        return dataclasses.replace(self, **changes)

    def working(self, **changes: Any) -> "Recipe":
        """Return the recipe with changed local work."""
        return self.replaced(work=dataclasses.replace(self.work, **changes))

    def serving(self, **changes: Any) -> "Recipe":
        """Return the recipe with a changed server."""
        return self.replaced(server=dataclasses.replace(self.server, **changes))

    def controlling(self, **changes: Any) -> "Recipe":
        """Return the recipe with changed controls; itself if it has none."""
        if self.controls is None:
            return self
        return self.replaced(controls=dataclasses.replace(self.controls, **changes))

    def recording(self, **changes: Any) -> "Recipe":
        """Return the recipe with a changed record."""
        return self.replaced(record=dataclasses.replace(self.record, **changes))


def right_recipe(task: Task) -> Recipe:
    """Return what the task asks for, with all workers and all samples in every round."""
    lrs = (task.lr,) * task.workers
    prox = task.proximal if task.algorithm == "fedprox" else 0.0
    return Recipe(
        Samples(
            tuple(np.asarray(x, float) for x in task.features),
            tuple(np.asarray(y, float) for y in task.labels),
        ),
        LocalWork(
            tuple(task.local_steps), tuple(task.local_steps), lrs, lrs, (1.0,) * task.workers, proximal=prox
        ),
        tuple(task.weights),
        np.asarray(task.start, float),
        controls=Controls() if task.algorithm == "scaffold" else None,
        normalisation=Normalisation() if task.algorithm == "fednova" else None,
        server=ServerStep(task.server_lr, task.server_momentum, task.nesterov, delay=task.delay),
    )
