"""Workers with unlike quadratic losses, and federated methods on them, whose every round is an affine map."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import (
    fedavg,
    LinearRegression,
    LocalMethod,
    Quadratics,
    RecordAt,
    RunSpec,
    Server,
    Stream,
    Trace,
)
from implicitbias.methods import worker_weights
from implicitbias.methods.federated import Weights
from implicitbias.recursions import affine_round, AffineRound, worker_curvatures
from paper_repro.claims.budget import Budget
from paper_repro.claims.claim import Traces
from paper_repro.claims.knobs import knob
from paper_repro.claims.observation import Curve, Measured, Observation, Predicted, Prediction


PATH = "x after every round"
ROUNDS = 20
# Rounding of some hundred steps, and of the powers of matrices that predict them, relative to the path.
ROUNDING = 1e-12
# Rounds contract errors to e^{−DECADES} of the start; what is left of it, times the condition of their eigenvectors.
DECADES, REMAINDER = 26.0, 1e-9
# Eigenvalues of the A_m.
LEAST, LARGEST = 0.5, 2.0
# Samples of a worker, as multiples of d: A_m of Gaussian features is well conditioned.
FEWEST, MOST = 4, 12

Losses = Quadratics | LinearRegression
Change = Callable[["FederatedCase"], LocalMethod]


@dataclass(frozen=True)
class UnlikeKnobs:
    """Workers with unlike losses, and the local work of the busiest."""

    data: str = knob("quadratics", "f_m", "losses of the workers", choices=("quadratics", "regression"))
    workers: int = knob(4, "M", "workers", low=2, high=6)
    dim: int = knob(3, "d", "dimension", low=1, high=5)
    apart: float = knob(1.0, "ζ", "distance of the workers' minimisers", low=0.3, high=10.0, log=True)
    share: float = knob(0.3, "s", "η as a share of 2/max λ(A_m)", low=0.2, high=0.9)
    local_steps: int = knob(8, "H", "local steps of the busiest worker", low=2, high=20, log=True)
    server_rate: float = knob(0.8, "η_g", "rate of the server", low=0.5, high=1.0)


@dataclass(frozen=True)
class FederatedCase:
    """A federated method on quadratic losses, from a start."""

    problem: Losses
    method: LocalMethod
    start: tuple[float, ...]

    @cached_property
    def round(self) -> AffineRound:
        """The round as an affine map."""
        return affine_round(self.problem, self.method)

    @property
    def lr(self) -> float:
        """η."""
        return self.method.first_lr

    @property
    def steps(self) -> tuple[int, ...]:
        """H_m."""
        return self.method.steps(self.problem.workers, 0)

    @property
    def weights(self) -> Float[np.ndarray, " worker"]:
        """p_m."""
        return worker_weights(self.problem, self.method)

    @cached_property
    def minimiser(self) -> Float[np.ndarray, " dim"]:
        """x* = argmin Σ p_m f_m."""
        return minimiser(self.problem, self.weights)

    @property
    def responses(self) -> Float[np.ndarray, "worker dim dim"]:
        """W_m = I − (I − ηA_m)^{H_m}: a worker goes from x to x − W_m(x − b_m)."""
        hessians, _ = worker_curvatures(self.problem)
        eye = np.eye(self.problem.dim)
        steps = zip(hessians, self.steps, strict=True)
        return np.stack([eye - np.linalg.matrix_power(eye - self.lr * a, h) for a, h in steps])

    @property
    def own_minimisers(self) -> Float[np.ndarray, "worker dim"]:
        """b_m = argmin f_m."""
        hessians, pulls = worker_curvatures(self.problem)
        return np.linalg.solve(hessians, pulls[..., None])[..., 0]

    def run(self, rounds: int) -> RunSpec:
        """Return the run from the start, recorded after every round."""
        return RunSpec(self.problem, self.method, rounds, RecordAt.every(1), self.start)

    def with_method(self, method: LocalMethod) -> "FederatedCase":
        """Return another method on the same losses, from the same start."""
        return replace(self, method=method)

    @property
    def rounds_to_rest(self) -> int:
        """Rounds after which what is left of the start is ``REMAINDER`` at most."""
        return math.ceil(-DECADES / math.log(self.round.rate)) if self.round.rate > 0.0 else 1


def unlike_case(knobs: UnlikeKnobs, stream: Stream) -> FederatedCase:
    """Return FedAvg with unequal H_m and weights p_m, on regression in proportion to the n_m."""
    problem = unlike_problem(knobs, stream)
    lr = knobs.share * 2.0 / problem.smoothness
    steps, weights = unequal_steps(knobs, stream), weights_for(problem, stream)
    method = fedavg(lr, steps, weights, server=Server(knobs.server_rate))
    start = stream.at("start").generator().normal(size=problem.dim)
    return FederatedCase(problem, method, tuple(map(float, start)))


def unlike_problem(knobs: UnlikeKnobs, stream: Stream) -> Losses:
    """Return the losses that the knobs name."""
    build = unlike_regression if knobs.data == "regression" else unlike_quadratics
    return build(knobs.workers, knobs.dim, stream, knobs.apart)


def unlike_quadratics(
    workers: int, dim: int, stream: Stream, apart: float = 1.0, *, alike: bool = False
) -> Quadratics:
    """Return ½(x − b_m)ᵀA_m(x − b_m) with random axes; ``alike`` gives all workers the first one's A_m."""
    draw = stream.at("unlike/hessians").generator()
    turns = np.linalg.qr(draw.normal(size=(workers, dim, dim)))[0]
    hessians = (turns * draw.uniform(LEAST, LARGEST, size=(workers, 1, dim))) @ turns.swapaxes(1, 2)
    hessians = np.repeat(hessians[:1], workers, axis=0) if alike else hessians
    centres = apart * stream.at("unlike/centres").generator().normal(size=(workers, dim))
    return Quadratics((hessians + hessians.swapaxes(1, 2)) / 2.0, centres)


def unlike_regression(workers: int, dim: int, stream: Stream, apart: float = 1.0) -> LinearRegression:
    """Return least squares on unequally many Gaussian rows, each worker with its own solution, and noise in y."""
    draw = stream.at("unlike/regression").generator()
    sizes = draw.integers(FEWEST * dim, MOST * dim, size=workers)
    owner = np.repeat(np.arange(workers), sizes)
    rows = draw.normal(size=(len(owner), dim)) * draw.uniform(0.7, 1.4, size=(workers, dim))[owner]
    solutions = apart * draw.normal(size=(workers, dim))
    targets = (rows * solutions[owner]).sum(axis=1) + 0.1 * draw.normal(size=len(owner))
    return LinearRegression(rows, targets, workers=owner)


def unequal_steps(knobs: UnlikeKnobs, stream: Stream) -> tuple[int, ...]:
    """Return H_m from 1 to H, that of the first worker H and of the second half as much."""
    drawn = stream.at("unlike/steps").generator().integers(1, knobs.local_steps + 1, size=knobs.workers)
    return (knobs.local_steps, knobs.local_steps // 2, *map(int, drawn[2:]))


def weights_for(problem: Losses, stream: Stream) -> Weights:
    """Return ``"samples"`` where there are some, and unequal numbers otherwise."""
    if isinstance(problem, LinearRegression):
        return "samples"
    return tuple(map(float, stream.at("unlike/weights").generator().uniform(0.5, 1.5, size=problem.workers)))


def minimiser(problem: Losses, weights: Float[np.ndarray, " worker"]) -> Float[np.ndarray, " dim"]:
    """Return argmin Σ_m weight_m f_m."""
    hessians, pulls = worker_curvatures(problem)
    return np.linalg.solve(np.tensordot(weights, hessians, axes=1), weights @ pulls)


def path_run(case: FederatedCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Return one run, recorded after every round."""
    del budget
    return (case.run(ROUNDS),)


def seen_path(case: FederatedCase, traces: Traces, method: str = "fedavg") -> Observation:
    """Return the path, and how far it is from x*."""
    (trace,) = traces
    return Observation({PATH: Measured(trace.w[0])}, (distance(case, trace, method),))


def distance(case: FederatedCase, trace: Trace, method: str) -> Curve:
    """Return |x − x*| along the run."""
    size = np.linalg.norm(trace.w[0] - case.minimiser, axis=1)
    return Curve(trace.rounds, size, "the run", method=method)


def path_of(case: FederatedCase, label: str = "affine recursion", role: str = "theory") -> Prediction:
    """Return the path of the case's affine round."""
    path = case.round.path(np.array(case.start), ROUNDS)
    size = np.linalg.norm(path - case.minimiser, axis=1)
    allowance = ROUNDING * (1.0 + float(np.abs(path).max()))
    curve = Curve(np.arange(ROUNDS + 1), size, label, role)
    return Prediction({PATH: Predicted(path, allowance, reason="rounding")}, (curve,))


def path_under(change: Change, label: str = "falsifier") -> Callable[[FederatedCase], Prediction]:
    """Return the prediction that the run is the path of another method."""
    return lambda case: path_of(case.with_method(change(case)), label, "falsifier")


def path_beside(change: Change, label: str) -> Callable[[FederatedCase], Prediction]:
    """Return the prediction of the case's path, drawn beside that of another method."""

    def predict(case: FederatedCase) -> Prediction:
        right, wrong = path_of(case), path_under(change, label)(case)
        return Prediction(right.quantities, right.curves + wrong.curves)

    return predict
