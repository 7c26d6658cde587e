"""Li, Sahu, Zaheer, Sanjabi, Talwalkar, Smith: FedProx (MLSys 2020, 1812.06127), on quadratic losses.

| paper | here | code |
|---|---|---|
| μ, proximal coefficient | ρ | ``Proximal(ρ)``, ``GradientSteps(proximal=ρ)`` |
| h_k(w; w^t) = F_k(w) + (μ/2)‖w − w^t‖² | f_m(v) + (ρ/2)‖v − x‖² | – |
| γ-inexact solution | H_m gradient steps | ``fedprox(lr, H, ρ)`` |
| – | P_m = A_m(A_m + ρI)^{−1}: x ↦ x − P_m(x − b_m) | ``responses`` |

The paper has the algorithm and convergence bounds; what is exact on quadratics is proved here.
"""
