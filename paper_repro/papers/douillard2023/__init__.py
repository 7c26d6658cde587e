"""Douillard, Feng, Rusu, Chhaparia, Donchev, Kuncoro, Ranzato, Szlam, Shen: DiLoCo (2023, arXiv 2311.08105).

| paper | here | code |
|---|---|---|
| k workers | M | ``problem.workers`` |
| H inner steps | H | ``local_steps`` |
| outer gradient Δ | −Δ = w^r − mean w_m | – |
| outer learning rate | l | ``rate`` of ``Server`` |
| outer Nesterov momentum | b | ``momentum`` of ``Server`` |
| inner optimiser AdamW | gradient descent, for which rounds are formulas | ``diloco(inner=…)`` |

The paper is an empirical one; what is checked here are our own results about its outer optimiser on quadratics.
"""
