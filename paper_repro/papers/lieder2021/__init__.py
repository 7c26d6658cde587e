"""Lieder: on the convergence rate of the Halpern iteration (Optimization Letters 15, 2021).

| paper | here | code |
|---|---|---|
| nonexpansive T | one round of averaged local solves | ``round_step`` without anchor |
| k | r | ``rounds`` |
| x_0 | u⁰, start and anchor | ``State.anchor`` |
| λ_k = 1/(k + 2) | a_r | ``Anchored.coefficient`` |
| x* | u*, any fixed point | ``P_C(u⁰)``: the nearest one |
"""
