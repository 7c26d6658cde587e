"""Wang, Das, Joshi, Kale, Xu, Zhang: on the unreasonable effectiveness of FedAvg (2206.04723).

| paper | here | code |
|---|---|---|
| ρ, average drift at the optimum | ρ = |Σ_m p_m (w_m − x*)|/(ηH), one round from x* | ``drift`` |
| ζ², bounded gradient dissimilarity | ζ² = Σ_m p_m |∇f_m(x*)|² | ``dissimilarity`` |
| H, η | H, η | ``local_steps``, ``lr`` |

The paper states that ζ² is too pessimistic a measure of heterogeneity, and that ρ governs the rate [stated]; the closed
forms on quadratics are ours.
"""
