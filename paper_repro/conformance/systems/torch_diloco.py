"""DiLoCo by hand from PyTorch's optimisers: SGD inside, SGD with (Nesterov's) momentum outside.

Theirs: model, autograd, loss and local optimiser (``torch_model``), and the outer ``torch.optim.SGD``, whose gradient
is set to x − Σ p_m v_m. Ours: the loop.

The outer optimiser is exactly the server of a task. On g = −Δ PyTorch has b ← βb + g, then x ← x − rate·(g + βb) with
``nesterov`` and x ← x − rate·b without; with u = −b that is u ← βu + Δ, x ← x + rate·(Δ + βu), or x + rate·u. Its
buffer starts as the first g, where ours takes βu + Δ from u = 0: the same number (with ``dampening`` it would not be).
"""
# pyright: reportMissingImports=false

import copy

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from paper_repro.conformance.systems.adapter import Adapter
from paper_repro.conformance.systems.torch_model import linear_model, torch_worker, TorchWorker, vector_of
from paper_repro.conformance.task import Task


def local_weights(model: nn.Linear, worker: TorchWorker) -> torch.Tensor:
    """Return v_m, trained from the global model."""
    local = copy.deepcopy(model)
    worker.train(local)
    return local.weight.detach()


def outer_loop(task: Task) -> Float[np.ndarray, "round dim"]:
    """Return the server's vectors of R outer steps.

    Raises
    ------
    NotImplementedError
        For Nesterov's rule without momentum, which PyTorch refuses.
    """
    if task.nesterov and not task.server_momentum:
        raise NotImplementedError("torch.optim.SGD refuses nesterov=True without momentum")
    workers = [torch_worker(task, m) for m in range(task.workers)]
    model, path = linear_model(task.start), []
    outer = torch.optim.SGD(
        model.parameters(), lr=task.server_lr, momentum=task.server_momentum, nesterov=task.nesterov
    )
    for _ in range(task.rounds):
        locals_ = [p * local_weights(model, w) for p, w in zip(task.weights, workers, strict=True)]
        model.weight.grad = model.weight.detach() - torch.stack(locals_).sum(0)
        outer.step()
        path.append(vector_of(model))
    return np.stack(path)


simulate = Adapter(outer_loop, ("fedavg", "server", "minibatches"), distribution="torch")
