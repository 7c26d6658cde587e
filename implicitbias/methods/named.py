"""Known methods as points of ``LocalMethod``.

| name | axes away from the default |
|---|---|
| ``gd(lr)`` | – (centralised: H = 1; ``momentum=β`` is heavy ball) |
| ``local_gd(lr, H)`` | local_steps |
| ``local_sgd(lr, H, batch)`` | local_steps, batch, replacement |
| ``savic(lr, H, scaling, batch)`` | local_steps, scaling, and batch if given |
| ``local_flow(log_time)`` | local_solver = Flow(log_time) (η → 0 at ηH = e^{log_time}) |
| ``proximal(λ)`` | local_solver = Proximal(λ) |
| ``projection()`` | local_solver = Projection() (parallel projections, PPM) |
| ``sweeping()`` | local_solver = Sweeping() (the limit H → ∞) |
| ``modified_local_gd(of)`` | aggregation = Anchored() on any of them |
| ``normalised_gd(e)`` | lr = Normalised(e): η = e/f(w) |
| ``prgd(e, rescaling)`` | lr = Normalised(e), rescaling |
| ``sequential_gd(lr, H)`` | local_steps, aggregation = Sequential() |
| ``qsr(lr, growth, base, batch)`` | local_sgd with local_steps = QuadraticRule(base, growth) |
| ``post_local_sgd(lr, H, batch, switch)`` | local_sgd with local_steps = PostLocal(H, switch) |
| ``fedavg(lr, H, weights, server)`` | local_steps, aggregation = Average(weights), participation, server |
| ``fedprox(lr, H, ρ)`` | fedavg with local_solver = GradientSteps(proximal=ρ) |
| ``scaffold(lr, H)`` | fedavg with correction = Scaffold() |
| ``fednova(lr, H)`` | fedavg with correction = FedNova() |
| ``diloco(lr, H, rate, momentum)`` | local_steps, server = Server(rate, momentum, nesterov=True) |
"""

import dataclasses

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.methods.axes import (
    Anchored,
    Flow,
    heavy_ball,
    Projection,
    Proximal,
    Rescaling,
    Sequential,
    Sweeping,
)
from implicitbias.methods.federated import diloco, fedavg, fednova, fedprox, scaffold
from implicitbias.methods.local_method import LocalMethod
from implicitbias.methods.scalings import Identity, Scaling
from implicitbias.methods.schedules import AbstractSchedule, Normalised
from implicitbias.methods.step_rules import AbstractStepRule, PostLocal, QuadraticRule


LearningRate = float | AbstractSchedule | Normalised
LocalSteps = int | tuple[int, ...] | AbstractStepRule


def gd(lr: LearningRate, *, momentum: float = 0.0, scaling: Scaling = Identity()) -> LocalMethod:
    """Return gradient descent w ← w − η∇f(w), with heavy-ball momentum β if given."""
    return LocalMethod(lr=lr, momentum=heavy_ball(momentum), scaling=scaling)


def local_gd(
    lr: LearningRate,
    local_steps: LocalSteps,
    *,
    momentum: float = 0.0,
    scaling: Scaling = Identity(),
) -> LocalMethod:
    """Return Local GD: H full-gradient steps on every worker, then the average [zhu2024].

    The arguments are those of `LocalMethod`.
    """
    return LocalMethod(lr=lr, local_steps=local_steps, momentum=heavy_ball(momentum), scaling=scaling)


def local_sgd(
    lr: LearningRate,
    local_steps: LocalSteps,
    batch: float,
    *,
    replacement: bool = True,
    momentum: float = 0.0,
    scaling: Scaling = Identity(),
    workers: int | None = None,
) -> LocalMethod:
    """Return Local SGD: H mini-batch steps on every worker, then the average.

    The arguments are those of `LocalMethod`.
    """
    if batch is None:
        raise BadInput(
            "batch = None: local_sgd needs a batch size; use local_gd(lr, local_steps) for full gradients"
        )
    return LocalMethod(
        lr=lr,
        local_steps=local_steps,
        batch=batch,
        replacement=replacement,
        momentum=heavy_ball(momentum),
        scaling=scaling,
        workers=workers,
    )


def savic(
    lr: LearningRate,
    local_steps: LocalSteps,
    scaling: Scaling,
    batch: float | None = None,
    *,
    replacement: bool = True,
    momentum: float = 0.0,
    workers: int | None = None,
) -> LocalMethod:
    """Return Local SGD whose steps are scaled by a D̂ that is refreshed at synchronisations [chezhegov2024].

    Full gradients if ``batch`` is left out. ``savic(η, H, RMSProp(beta=0.99), 8)`` is the paper's RMSProp.

    The arguments are those of `LocalMethod`.
    """
    return LocalMethod(
        lr=lr,
        local_steps=local_steps,
        batch=batch,
        replacement=replacement,
        momentum=heavy_ball(momentum),
        scaling=scaling,
        workers=workers,
    )


def local_flow(log_time: float) -> LocalMethod:
    """Return local gradient flows of the time e^{log_time}, then the average: ``local_gd`` with many small steps."""
    return LocalMethod(local_solver=Flow(log_time))


def proximal(regularisation: float) -> LocalMethod:
    """Return exact weakly regularised local solves, w_m = argmin f_m + (λ/2)|w − w^r|², then the average."""
    return LocalMethod(local_solver=Proximal(regularisation))


def projection() -> LocalMethod:
    """Return the parallel projection method u ← (1/M) Σ_m P_m(u), the limit λ → 0 of ``proximal``."""
    return LocalMethod(local_solver=Projection())


def sweeping() -> LocalMethod:
    """Return averaged sweeping processes u ← (1/M) Σ_m Φ_m(u), the limit H → ∞ of ``local_gd``."""
    return LocalMethod(local_solver=Sweeping())


def modified_local_gd(of: LocalMethod) -> LocalMethod:
    """Return the method with anchored (Halpern) aggregation, w ← a_r w⁰ + (1 − a_r)·average, a_r = 1/(r+2)."""
    checks.instance("method", of, LocalMethod, "give a method, e.g. modified_local_gd(local_gd(0.1, 10))")
    return dataclasses.replace(of, aggregation=Anchored())


def normalised_gd(rate: float | AbstractSchedule) -> LocalMethod:
    """Return w ← w − e ∇f(w)/f(w), gradient descent on log f [ji2021]; on one worker, whose loss is f."""
    return LocalMethod(lr=Normalised(rate))


def prgd(rate: float | AbstractSchedule, rescaling: Rescaling) -> LocalMethod:
    """Return progressive rescaling: normalised steps projected on balls whose radius grows [wang2024]."""
    checks.instance("rescaling", rescaling, Rescaling, "give Rescaling(radius, growth, every, start)")
    return LocalMethod(lr=Normalised(rate), rescaling=rescaling)


def sequential_gd(lr: LearningRate, local_steps: LocalSteps) -> LocalMethod:
    """Return H gradient steps on worker 1, from there on worker 2, and so on; a round is a cycle [jung2025]."""
    return LocalMethod(lr=lr, local_steps=local_steps, aggregation=Sequential())


def qsr(
    lr: LearningRate,
    growth: float,
    base: int,
    batch: float,
    *,
    power: float = 2.0,
    warmup: int = 0,
    first: int | None = None,
    total: int | None = None,
    replacement: bool = True,
    momentum: float = 0.0,
    workers: int | None = None,
) -> LocalMethod:
    """Return Local SGD with the quadratic synchronisation rule H = max(base, ⌊(growth/η)²⌋) [gu2024].

    η is the rate at the start of a round, as it decays the rounds grow: give a schedule, e.g. ``WarmupCosine``.
    ``QuadraticRule`` says what the further arguments mean.

    The other arguments are those of `LocalMethod`.
    """
    rule = QuadraticRule(base, growth, power, warmup, first, total)
    return local_sgd(lr, rule, batch, replacement=replacement, momentum=momentum, workers=workers)


def post_local_sgd(
    lr: LearningRate,
    local_steps: int,
    batch: float,
    *,
    switch: int,
    total: int | None = None,
    replacement: bool = True,
    momentum: float = 0.0,
    workers: int | None = None,
) -> LocalMethod:
    """Return parallel SGD (H = 1) until step ``switch``, and Local SGD from there on [lin2020].

    The arguments are those of `LocalMethod`, with ``switch`` and ``total`` as in `PostLocal`.
    """
    rule = PostLocal(local_steps, switch, total)
    return local_sgd(lr, rule, batch, replacement=replacement, momentum=momentum, workers=workers)


# Every method that has a name of its own; the values make it.
NAMED_METHODS = {
    "gd": gd,
    "local_gd": local_gd,
    "local_sgd": local_sgd,
    "savic": savic,
    "local_flow": local_flow,
    "proximal": proximal,
    "projection": projection,
    "sweeping": sweeping,
    "modified_local_gd": modified_local_gd,
    "normalised_gd": normalised_gd,
    "prgd": prgd,
    "sequential_gd": sequential_gd,
    "qsr": qsr,
    "post_local_sgd": post_local_sgd,
    "fedavg": fedavg,
    "fedprox": fedprox,
    "scaffold": scaffold,
    "fednova": fednova,
    "diloco": diloco,
}
