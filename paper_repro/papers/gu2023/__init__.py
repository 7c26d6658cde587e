"""Gu, Lyu, Huang, Arora: why (and when) does Local SGD generalise better than SGD (ICLR 2023, arXiv 2303.01215v2).

| paper | here | code |
|---|---|---|
| K workers, k | M workers, m | ``workers`` |
| H | H | ``local_steps`` |
| s, R | r, R | ``rounds`` |
| η | η | ``lr`` |
| B, B_loc | B, B_loc = B/M | –, ``batch`` |
| α = ηH | α | ``round_time`` |
| θ̄^{(s)} | θ̄_r, mean of the workers after round r | ``w`` |
| ζ, t = η²·steps | ζ, slow time t | ``slow_time`` |
| Σ_∥, Σ_◇ | tangent part of Σ, the rest | ``sigma_parallel``, ``sigma_mixed`` |
| Φ, Γ | limit of the gradient flow, manifold of minima | ``project``, ``manifold`` |

We know the equations, not the numbers of the theorems; what we prove ourselves is marked so.
"""
