"""Kloeden and Platen: Numerical Solution of Stochastic Differential Equations, Springer 1992, chapters 14–15.

| there | here |
|---|---|
| Y_n, Δ, ΔŴ | a scheme's iterate, ``dt``, its increments (``sde.brownian``) |
| weak order β | ``weak_order`` of a scheme |
| V_{j1, j2} | ``antisymmetric`` |
"""
