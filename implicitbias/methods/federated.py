"""Methods of federated learning as points of ``LocalMethod``; ``named`` has the table of all."""

import dataclasses
from typing import Literal, TypedDict, Unpack

from implicitbias.methods.axes import Average, GradientSteps, heavy_ball, Server
from implicitbias.methods.corrections import FedNova, Scaffold
from implicitbias.methods.local_method import LocalMethod
from implicitbias.methods.participation import Full, Sampled
from implicitbias.methods.scalings import Identity, Scaling
from implicitbias.methods.schedules import AbstractSchedule
from implicitbias.methods.step_rules import AbstractStepRule


Rate = float | AbstractSchedule
LocalSteps = int | tuple[int, ...] | AbstractStepRule
Weights = tuple[float, ...] | Literal["samples"] | None


class FederatedOptions(TypedDict, total=False):
    """Axes that the federated methods share; ``LocalMethod`` explains them."""

    batch: float | None
    replacement: bool
    participation: Full | Sampled
    server: Server
    workers: int | None


def fedavg(
    lr: Rate,
    local_steps: LocalSteps,
    weights: Weights = "samples",
    **options: Unpack[FederatedOptions],
) -> LocalMethod:
    """Return FedAvg: Local GD or SGD whose average weighs workers by their samples [mcmahan2017].

    On problems without samples ``weights`` are ``None`` or numbers.

    Parameters
    ----------
    lr, local_steps
        η and H, or H_m of every worker.
    weights
        p_m of the average: ``"samples"`` for n_m/n, ``None`` for 1/M, or numbers that sum to 1.
    **options
        Batch, replacement, participation, server and workers, as for `LocalMethod`.
    """
    return LocalMethod(lr=lr, local_steps=local_steps, aggregation=Average(weights), **options)


def fedprox(
    lr: Rate,
    local_steps: LocalSteps,
    proximal: float,
    weights: Weights = "samples",
    **options: Unpack[FederatedOptions],
) -> LocalMethod:
    """Return FedProx by H gradient steps on f_m + (ρ/2)|v − w^r|² [li2020]; ``proximal(ρ)`` solves them exactly.

    Parameters
    ----------
    lr, local_steps
        η and H, or H_m of every worker.
    proximal
        ρ ≥ 0.
    weights
        p_m of the average: ``"samples"`` for n_m/n, ``None`` for 1/M, or numbers that sum to 1.
    **options
        Batch, replacement, participation, server and workers, as for `LocalMethod`.
    """
    fed = fedavg(lr, local_steps, weights, **options)
    return dataclasses.replace(fed, local_solver=GradientSteps(proximal))


def scaffold(
    lr: Rate,
    local_steps: LocalSteps,
    weights: Weights = None,
    *,
    option: Literal["path", "gradient"] = "path",
    **options: Unpack[FederatedOptions],
) -> LocalMethod:
    """Return SCAFFOLD, Local GD or SGD with control variates against drift [karimireddy2020].

    Parameters
    ----------
    lr, local_steps
        η and H, or H_m of every worker.
    weights
        p_m of the average: ``"samples"`` for n_m/n, ``None`` for 1/M, or numbers that sum to 1.
    option
        How controls are updated, see `Scaffold`.
    **options
        Batch, replacement, participation, server and workers, as for `LocalMethod`.
    """
    return dataclasses.replace(fedavg(lr, local_steps, weights, **options), correction=Scaffold(option))


def fednova(
    lr: Rate,
    local_steps: LocalSteps,
    weights: Weights = "samples",
    *,
    effective_steps: float | None = None,
    **options: Unpack[FederatedOptions],
) -> LocalMethod:
    """Return FedNova, which averages steps of unequal numbers H_m without bias towards the busy [wang2020].

    Parameters
    ----------
    lr, local_steps
        η and H, or H_m of every worker.
    weights
        p_m of the average: ``"samples"`` for n_m/n, ``None`` for 1/M, or numbers that sum to 1.
    effective_steps
        τ of `FedNova`; Σ_m p_m H_m by default.
    **options
        Batch, replacement, participation, server and workers, as for `LocalMethod`.
    """
    return dataclasses.replace(
        fedavg(lr, local_steps, weights, **options), correction=FedNova(effective_steps)
    )


def diloco(
    lr: Rate,
    local_steps: LocalSteps,
    rate: float = 0.7,
    momentum: float = 0.9,
    *,
    inner: Scaling = Identity(),
    inner_momentum: float = 0.0,
    batch: float | None = None,
    workers: int | None = None,
) -> LocalMethod:
    """Return DiLoCo: local steps, and Nesterov's momentum on the average of what they moved [douillard2023].

    The paper's inner optimiser is AdamW with its own moments on every worker: ``inner=Adam(scope="worker",
    refresh="step", sample="same")``; the default is gradient descent, for which every answer is a formula.

    Parameters
    ----------
    lr, local_steps, batch, workers
        As for `LocalMethod`.
    rate, momentum
        Of the outer optimiser: learning rate of the server, and momentum of Nesterov's kind.
    inner, inner_momentum
        Scaling and momentum of the local steps.
    """
    return LocalMethod(
        lr=lr,
        local_steps=local_steps,
        batch=batch,
        scaling=inner,
        momentum=heavy_ball(inner_momentum),
        server=Server(rate, momentum, nesterov=True),
        workers=workers,
    )
