"""The slow SDE of Local SGD near a manifold of minima: results in our own words, with proofs.

| here | code |
|---|---|
| α = ηH, conventional time of a round | ``round_time`` |
| λ_i + λ_j, rate of a pair of modes | ``first + second`` |
| q = (1 − ηλ_i)(1 − ηλ_j), its factor per step | ``factor`` |
| Σ_∥, Σ_◇, Σ̂, Ψ, Ψ̂ of one sample's covariance | ``Curvature`` |
| Φ, ∂Φ, ∂²Φ of the gradient flow | ``project``, ``Variations`` |
| ψ, F, J, ψ_d | ``sde.formulas`` |
"""
