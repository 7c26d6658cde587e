"""Li, Tai, E: stochastic modified equations (ICML 2017, arXiv 1511.06251; see li2019 for the proofs).

| paper | here | code |
|---|---|---|
| f | L | – |
| η, u = 1 | η, batch B | ``lr``, ``batch`` |
| t | t_c = η·steps, conventional time | ``time`` |
| Σ | Σ, covariance of one sample's gradient | ``covariance`` |
"""
