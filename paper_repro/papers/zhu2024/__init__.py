"""Zhu, Vardhan, Mazumdar: gradient descent with local steps on overparameterised models (arXiv 2412.07971).

| paper | here | code |
|---|---|---|
| M nodes | M workers | ``workers`` |
| L | H | ``local_steps`` |
| k, K | r, R | ``rounds`` |
| η | η | ``lr`` |
| w_0^k | w^r | ``w`` |
| w_i^{k+1} | w_m^{r+1} | ``State.local`` |
| ŵ | ŵ | ``MaxMargin.weights`` |
| ρ^k | ρ | ``residual`` |

Versions: v1 (December 2024), v2 (March 2026). We know the statements through public abstracts and reviews;
``source="second-hand"`` marks them, and no theorem number is given that we have not seen.
"""
