"""The slow SDE under a fixed scaling, steps along D^{−1}g: results in our own words, with proofs.

| here | code |
|---|---|
| D = diag(a, b) | ``diagonal`` |
| y = D^{1/2}θ, L̃(y) = L(D^{−1/2}y) | ``scaled`` |
| Φ_D, the limit of dθ/ds = −D^{−1}∇L | ``project`` |
| A = 1 + (M − 1)ψ | ``drift_factor`` |
"""
