"""A plain federated loop in PyTorch, as tutorials write it: FedAvg, FedProx, SCAFFOLD, FedNova, server momentum.

Theirs: model, autograd, loss and local optimiser (``torch_model``), and ``state_dict``. Ours: the loop. Every round
each worker trains a copy of the global model, and the server averages the ``state_dict``s of the copies with weights
p_m; FedNova first divides what a copy moved by its number of steps; the server's velocity is kept by hand.
"""
# pyright: reportMissingImports=false

import copy

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from paper_repro.conformance.systems.adapter import Adapter
from paper_repro.conformance.systems.torch_model import (
    Correction,
    linear_model,
    torch_worker,
    TorchWorker,
    vector_of,
)
from paper_repro.conformance.task import Task


State = dict[str, torch.Tensor]


class Controls:
    """SCAFFOLD's c_m, 0 at first, and c = Σ p_m c_m, which stays as it is until a round is over."""

    def __init__(self, task: Task):
        self.weights, self.lengths = task.weights, [task.lr * steps for steps in task.local_steps]
        self.own = [torch.zeros(1, task.dim, dtype=torch.float64) for _ in task.weights]
        self.mean = torch.zeros(1, task.dim, dtype=torch.float64)

    def update(self, m: int, moved: torch.Tensor) -> None:
        """Set c_m to c_m − c + (x − v_m)/(H_m η), moved = v_m − x."""
        self.own[m] = self.own[m] - self.mean - moved / self.lengths[m]

    def close_round(self) -> None:
        """Set c = Σ p_m c_m."""
        self.mean = torch.stack([p * c for p, c in zip(self.weights, self.own, strict=True)]).sum(0)


def correction_of(task: Task, m: int, x: torch.Tensor, controls: Controls) -> Correction | None:
    """Return what is added to a gradient at v: ρ(v − x), or c − c_m, or nothing."""
    if task.algorithm == "fedprox":
        return lambda v: task.proximal * (v - x)
    if task.algorithm == "scaffold":
        return lambda v: controls.mean - controls.own[m]
    return None


def participants(task: Task, random: torch.Generator) -> list[int]:
    """Return the workers of a round."""
    if task.participants is None:
        return list(range(task.workers))
    return torch.randperm(task.workers, generator=random)[: task.participants].tolist()


def averaged(states: list[State], shares: list[float]) -> State:
    """Return Σ p_m·state_m, entry by entry."""
    return {
        name: torch.stack([p * state[name] for p, state in zip(shares, states, strict=True)]).sum(0)
        for name in states[0]
    }


def normalised(states: list[State], x: torch.Tensor, shares: list[float], steps: list[int]) -> list[State]:
    """Return the states at x + τ(v_m − x)/H_m, τ = Σ p_m H_m, as FedNova averages them."""
    effective = sum(p * h for p, h in zip(shares, steps, strict=True))
    return [{"weight": x + effective / h * (s["weight"] - x)} for s, h in zip(states, steps, strict=True)]


def one_round(
    task: Task, model: nn.Linear, workers: list[TorchWorker], chosen: list[int], controls: Controls
) -> State:
    """Return the aggregate of the workers that are chosen."""
    x, states = model.weight.detach().clone(), []
    for m in chosen:
        local = copy.deepcopy(model)
        workers[m].train(local, correction_of(task, m, x, controls))
        controls.update(m, local.weight.detach() - x)
        states.append(local.state_dict())
    controls.close_round()
    shares = [task.weights[m] / sum(task.weights[k] for k in chosen) for m in chosen]
    if task.algorithm == "fednova":
        states = normalised(states, x, shares, [task.local_steps[m] for m in chosen])
    return averaged(states, shares)


def served(task: Task, new: torch.Tensor, x: torch.Tensor, velocity: torch.Tensor) -> torch.Tensor:
    """Return x after the server's step towards the aggregate, and note its velocity, in place."""
    moved = new - x
    velocity.mul_(task.server_momentum).add_(moved)
    step = moved + task.server_momentum * velocity if task.nesterov else velocity
    return x + task.server_lr * step


def federated_loop(task: Task) -> Float[np.ndarray, "round dim"]:
    """Return the server's vectors of R rounds."""
    workers = [torch_worker(task, m) for m in range(task.workers)]
    model, controls, path = linear_model(task.start), Controls(task), []
    velocity = torch.zeros_like(model.weight, requires_grad=False)
    random = torch.Generator().manual_seed(task.seed)
    for _ in range(task.rounds):
        x = model.weight.detach().clone()
        new = one_round(task, model, workers, participants(task, random), controls)
        if "server" in task.needs:
            new = {"weight": served(task, new["weight"], x, velocity)}
        model.load_state_dict(new)
        path.append(vector_of(model))
    return np.stack(path)


SUPPORTS = ("fedavg", "fedprox", "scaffold", "fednova", "server", "participation", "minibatches")
simulate = Adapter(federated_loop, SUPPORTS, distribution="torch")
