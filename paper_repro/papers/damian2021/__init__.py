"""Damian, Ma, Lee: label noise SGD provably prefers flat global minimizers (NeurIPS 2021, arXiv 2106.06530).

| paper | here | code |
|---|---|---|
| η, B | η, B | ``lr``, ``batch`` |
| σ | δ, size of the label noise | ``label`` |
| λ = ησ²/B | λ | – |
| R | R = −(1/2η) tr log(1 − (η/2)∇²L) | – |

Known to us from recollection; the check is our own.
"""
