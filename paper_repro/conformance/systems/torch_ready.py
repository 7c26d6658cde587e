"""Imported by the server that processes are forked from: PyTorch, with all that its first step would load.

PyTorch imports its compiler when the first optimiser is made, which takes seconds; done here, before the fork, it is
done once rather than in every process.
"""
# pyright: reportMissingImports=false

import torch

from paper_repro.conformance.systems import torch_processes as torch_processes


torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
