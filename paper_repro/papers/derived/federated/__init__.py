"""What no federated method may change: relations between two runs that need no reference value, with proofs.

| here | code |
|---|---|
| two runs that should be one, up to x ↦ Qx + s | ``Pair`` |
| H_m, p_m, η_g | ``local_steps``, ``Average(weights)``, ``Server(rate)`` |
| noise of (worker, step) | ``Stream`` |
"""
