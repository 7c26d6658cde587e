"""Ju, Yang, Liu, Liang, Shroff: local updates and generalisation in federated linear regression (MobiHoc 2024).

| paper | here | code |
|---|---|---|
| α, step size | η | ``lr`` |
| n samples of an agent and round, p parameters | n, p | ``samples``, ``dim`` |
| m agents | M | ``workers`` |
| K local steps: 1, finite, ∞ | H | ``local_steps`` |
| Δ_t, distance of the model from the truth | Δ | – |

That there are closed forms is stated in the abstract (arXiv 2409.03863); their own form is unknown to us. Those
here are derived on the page, for features x ~ N(0, I), fresh data in every round, and optima w* + δ_m with Σ δ_m = 0.
"""
