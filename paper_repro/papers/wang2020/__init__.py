"""Wang, Liu, Liang, Joshi, Poor: FedNova and the objective inconsistency of FedAvg (NeurIPS 2020, 2007.07481).

| paper | here | code |
|---|---|---|
| τ_i, local steps of client i | H_m | ``local_steps`` |
| p_i | p_m | ``Average(weights)`` |
| τ_eff, effective steps | τ | ``FedNova(effective_steps)`` |
| F̃ = Σ w_i F_i, surrogate objective | Σ p_m H_m f_m, up to a factor | – |
| – | x̃ = argmin Σ p_m H_m f_m | ``minimiser(problem, p·H)`` |

The paper states that FedAvg with unequal steps converges to a stationary point of a mismatched objective, and that
normalised averaging does not [stated]; the exact fixed points on quadratics are ours.
"""
