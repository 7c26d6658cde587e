"""Zhang, Zou, Cao: the implicit bias of Adam on separable data (NeurIPS 2024, 2406.10650).

| paper | here | code |
|---|---|---|
| full-batch Adam without stability constant | D̂ = |D|, D of ∇f | ``Adam(floor=None)``, M = 1 |
| β_1, β_2 | momentum of the step, β | ``momentum``, ``beta`` |
| η_t = Θ(t^{−a}) | learning rate | ``PowerDecay(lr, power=a)`` |
| γ: ℓ∞ margin of the data | γ_∞ | ``max_margin(problem, norm="linf").margin`` |

Known to us by its abstract: w/‖w‖ tends to the maximum ℓ∞ margin in polynomial time, for a general class of diminishing
learning rates. Our Adam applies heavy-ball momentum to the scaled step, w⁺ = w + v, v⁺ = β₁v − ηD̂^{−1}g, where theirs
averages g before it is scaled; without momentum both are the same. Both are run here.
"""
