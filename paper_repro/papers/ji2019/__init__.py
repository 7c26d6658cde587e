"""Ji, Telgarsky: the implicit bias of gradient descent on nonseparable data (COLT 2019).

| paper | here | name in code |
|---|---|---|
| R(w), a mean of losses | f(w) | ``Trace.loss`` |
| rows z_i of A | −x_i | row of ``signed``, with the sign changed |
| S, span of the non-separable part | U | ``PlantedSplit.subspace`` |
| v̄, minimiser there | v̄ | ``MixedCase.minimiser`` |
| ū, γ, of the part across it | ū, γ_⊥ | ``PlantedSplit.direction``, ``PlantedSplit.margin`` |
| η_j | η_j | ``lr``, a number or a schedule |
| t | r, with M = 1 and H = 1 | ``rounds`` |

One machine, full gradients, w_0 = 0, row norms |x_i| ≤ 1, η_j ≤ 1, exponential or logistic loss. Version: COLT 2019
(PMLR 99).
"""
