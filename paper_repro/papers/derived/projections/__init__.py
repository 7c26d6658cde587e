"""Averaged projections: where exact local solves of rank-deficient workers lead, and how fast.

| here | code |
|---|---|
| Π_m, projector on the row space of X_m | ``row_projector`` |
| p_m | ``weights`` of ``Average`` |
| H = ∞ | ``projection()`` |
"""
