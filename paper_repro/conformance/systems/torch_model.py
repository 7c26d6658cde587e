"""What every PyTorch adapter shares: the linear model, its data, and local steps by ``torch.optim.SGD``.

Theirs: ``nn.Linear`` and its autograd, ``nn.MSELoss``, ``torch.optim.SGD``. Ours: the factor ½ of the loss, which
``nn.MSELoss`` does not have, and doubles.
"""
# pyright: reportMissingImports=false

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from paper_repro.conformance.task import Task


# Returns a further gradient for v, given v: a proximal pull, a control variate.
Correction = Callable[[torch.Tensor], torch.Tensor]


def linear_model(start: Float[np.ndarray, " dim"]) -> nn.Linear:
    """Return z ↦ x·z without a bias, in doubles, at x = start."""
    model = nn.Linear(len(start), 1, bias=False, dtype=torch.float64)
    with torch.no_grad():
        model.weight.copy_(torch.as_tensor(start)[None])
    return model


def vector_of(model: nn.Linear) -> Float[np.ndarray, " dim"]:
    """Return x of a model."""
    return model.weight.detach().numpy()[0].copy()


@dataclass(frozen=True, eq=False)
class TorchWorker:
    """Worker m of a task, its data as tensors.

    Attributes
    ----------
    features, labels
        X_m, shape (n_m, d), and y_m, shape (n_m, 1).
    lr, steps, batch
        η, H_m, and the size of mini-batches drawn with replacement, None for full gradients.
    random
        Generator of the worker's own.
    """

    features: torch.Tensor
    labels: torch.Tensor
    lr: float
    steps: int
    batch: int | None
    random: torch.Generator

    def train(self, model: nn.Linear, correction: Correction | None = None) -> None:
        """Take H_m steps on ½·MSE, in place, with a correction added to every gradient."""
        loss, optimiser = nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=self.lr)
        for _ in range(self.steps):
            features, labels = self.samples()
            optimiser.zero_grad()
            (0.5 * loss(model(features), labels)).backward()
            if correction is not None and model.weight.grad is not None:
                model.weight.grad += correction(model.weight.detach())
            optimiser.step()

    def samples(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return all samples, or a mini-batch."""
        if self.batch is None:
            return self.features, self.labels
        rows = torch.randint(len(self.labels), (self.batch,), generator=self.random)
        return self.features[rows], self.labels[rows]


def torch_worker(task: Task, m: int) -> TorchWorker:
    """Return worker m, with its address in the seed."""
    address = np.random.SeedSequence((task.seed, m)).generate_state(1, np.uint64)[0]
    return TorchWorker(
        torch.as_tensor(task.features[m]),
        torch.as_tensor(task.labels[m])[:, None],
        task.lr,
        task.local_steps[m],
        task.batch,
        torch.Generator().manual_seed(int(address) >> 1),
    )
