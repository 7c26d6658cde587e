"""Chatterjee, Kungurtsev, Alistarh: federated SGD with local asynchrony (ICDCS 2024).

| here | code |
|---|---|
| τ, rounds by which a change is late | ``delay`` of ``Server`` |
| l, server rate | ``rate`` of ``Server`` |
| c = 1 − (1 − ηλ)^H, share of the way that a round goes along curvature λ | – |

Known to us by its abstract. The stability limit of late gradients is classical; the proof is on the page.
"""
