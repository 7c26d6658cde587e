"""Factorisations and diagonal networks along their minima: laws of what the gradient flow keeps, with proofs.

| here | code |
|---|---|
| D = u² − v² | ``invariant`` of ``scalar_factorisation`` |
| S = √(D² + 4y²), curvature of ½(uv − y)² on Γ | ``sharpness`` |
| p_k = u_k v_k, w = u∘u − v∘v | ``diagonal_network`` |
| δ, B, M, α = ηH | ``label``, ``total_batch``, ``workers``, ``round_time`` |
"""
