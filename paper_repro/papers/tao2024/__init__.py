"""Tao, Mason, Kulkarni, Boix: task arithmetic through the lens of one-shot federated learning (2024, arXiv 2411.18607).

| paper | here | code |
|---|---|---|
| T tasks | M workers | ``problem.workers`` |
| pre-trained θ_0 | x⁰ | ``start`` |
| task vector θ_t − θ_0 | x_m − x⁰ | – |
| λ, scaling of the sum of the task vectors | λ | ``scale`` of ``task_arithmetic`` |

Known to us by its abstract. The excess of the merged model on quadratics is our own result.
"""
