"""What a simulator is asked: one training run of a linear model, small enough that every answer is a formula."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args, Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from implicitbias import (
    Average,
    BadInput,
    checks,
    FedNova,
    Full,
    GradientSteps,
    LinearRegression,
    LocalMethod,
    Sampled,
    Scaffold,
    Server,
)
from implicitbias.display import in_brief
from paper_repro.conformance.cards import task_card


# Anything that takes a task and returns the server's vectors after rounds 1 … R, shape (round, dim). It raises
# NotImplementedError for what it does not offer; ``supports`` may name what it does, see ``FEATURES``.
Simulator = Callable[["Task"], ArrayLike]

Algorithm = Literal["fedavg", "fedprox", "scaffold", "fednova"]
# What a simulator may declare beside its algorithms.
FEATURES = (*get_args(Algorithm), "server", "delay", "participation", "minibatches")


@dataclass(frozen=True, eq=False)
class Task:
    """A training run: f_m(x) = |X_m x − y_m|²/(2 n_m) on every worker, no bias, no weight decay, doubles.

    Every round: x^r goes to the workers that take part; each takes H_m steps v ← v − η∇f_m(v) from it; the server
    moves by its rate, and momentum if any, along Σ_m p_m v_m − x^r.

    Attributes
    ----------
    features, labels
        X_m, shape (n_m, d), and y_m, shape (n_m,), of every worker.
    algorithm
        ``"fedavg"``; ``"fedprox"``: steps on f_m(v) + (ρ/2)|v − x^r|²; ``"scaffold"``: steps along ∇f_m(v) − c_m + c,
        then c_m ← c_m − c + (x^r − v_m)/(H_m η) for those who took part, c = Σ p_m c_m over all workers, controls 0 at
        first; ``"fednova"``: x^r + τ Σ p_m (v_m − x^r)/H_m with τ = Σ p_m H_m.
    lr, local_steps, rounds
        η, H_m of every worker, R.
    weights
        p_m, which sum to 1.
    start
        x⁰, shape (d,).
    seed
        Of whatever is drawn.
    proximal
        ρ of FedProx.
    server_lr, server_momentum, nesterov, delay
        Server: u ← βu + Δ, x ← x + rate·u; with Nesterov x ← x + rate·(Δ + βu); Δ applied ``delay`` rounds late.
    participants
        How many workers are drawn without replacement in a round; None: all take part. Their p_m are renormalised.
    batch
        Samples of a mini-batch, drawn with replacement; None: full gradients.
    """

    features: tuple[Float[np.ndarray, "_ dim"], ...]
    labels: tuple[Float[np.ndarray, " _"], ...]
    lr: float
    local_steps: tuple[int, ...]
    rounds: int
    weights: tuple[float, ...]
    start: Float[np.ndarray, " dim"]
    algorithm: Algorithm = "fedavg"
    seed: int = 0
    proximal: float = 0.0
    server_lr: float = 1.0
    server_momentum: float = 0.0
    nesterov: bool = False
    delay: int = 0
    participants: int | None = None
    batch: int | None = None

    __repr__ = in_brief

    def _repr_html_(self) -> str:
        return task_card(self)

    @property
    def dim(self) -> int:
        """Dimension d."""
        return self.features[0].shape[1]

    @property
    def workers(self) -> int:
        """Number of workers M."""
        return len(self.features)

    @property
    def needs(self) -> tuple[str, ...]:
        """Features, in the order of ``FEATURES``, that a simulator must offer to run this."""
        wanted = {
            self.algorithm: True,
            "server": self.server_lr != 1.0 or self.server_momentum > 0.0,
            "delay": self.delay > 0,
            "participation": self.participants is not None,
            "minibatches": self.batch is not None,
        }
        return tuple(name for name in FEATURES if wanted.get(name))

    @cached_property
    def problem(self) -> LinearRegression:
        """The same samples as a problem of this project."""
        sizes = [len(rows) for rows in self.labels]
        assignment = np.repeat(np.arange(self.workers), sizes)
        return LinearRegression(
            np.concatenate(self.features), np.concatenate(self.labels), workers=assignment
        )

    @cached_property
    def method(self) -> LocalMethod:
        """The same run as a point of ``LocalMethod``."""
        return LocalMethod(
            lr=self.lr,
            local_steps=self.local_steps,
            batch=self.batch,
            correction={"scaffold": Scaffold(), "fednova": FedNova()}.get(self.algorithm),
            local_solver=GradientSteps(self.proximal if self.algorithm == "fedprox" else 0.0),
            participation=Full() if self.participants is None else Sampled(self.participants),
            aggregation=Average(self.weights),
            server=Server(self.server_lr, self.server_momentum, self.nesterov, self.delay),
        )


def run_simulator(simulator: Simulator, task: Task) -> Float[np.ndarray, "round dim"]:
    """Return the path that a simulator gives for a task, checked for its shape and left as it is otherwise.

    Raises
    ------
    BadInput
        If it returns, or yields, something else than R vectors of d real numbers.
    NotImplementedError
        If it says so.
    """
    shape = (task.rounds, task.dim)
    cure = f"return the server's vector after each of the R = {task.rounds} rounds, without x⁰, shape {shape}"
    path = checks.real_array("the simulator's answer", _as_array(simulator(task), cure), cure).astype(
        np.float64
    )
    if path.shape == (task.rounds,) and task.dim == 1:
        path = path[:, None]
    if path.shape != shape:
        raise BadInput(f"the simulator's answer has shape {path.shape}: {cure}")
    return path


def _as_array(answer: Any, cure: str) -> np.ndarray:
    """Return what a simulator returned, or yielded round by round, as one array."""
    answer = list(answer) if isinstance(answer, Iterator) else answer
    try:
        return np.asarray(answer)
    except ValueError as error:
        raise BadInput(
            f"the simulator's answer is a {type(answer).__name__}, and no array: {error}; {cure}"
        ) from error
