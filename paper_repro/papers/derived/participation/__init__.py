"""Rounds that are drawn: who takes part, and noise in every step. Means and variances at rest, exactly.

| here | code |
|---|---|
| S, the workers of a round | ``Sampled(count)`` |
| p_m | ``weights`` of ``fedavg`` |
| W_m = I − (I − ηA_m)^{H_m} | – |
| s, noise of a gradient | ``noise`` of ``NoisyQuadratics`` |
"""
