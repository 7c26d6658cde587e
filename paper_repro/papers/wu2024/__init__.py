"""Wu, Bartlett, Telgarsky, Yu: large step sizes for logistic regression (COLT 2024).

| paper | here | name in code |
|---|---|---|
| L(w), a mean of logistic losses | f(w) | ``Trace.loss`` |
| t, T | r, R, with M = 1 and H = 1 | ``rounds`` |
| η | η | ``lr`` |
| γ, of rows with norms at most 1 | γ | ``margin`` |
| w*, the unit max-margin vector | γŵ | ``MaxMargin.direction`` |
| mean exponential risk | E(w) = Σ p_i e^{−x_i·w} | ``exponential_risk`` |
| s, the phase transition time | s, first step with f(w_s) ≤ 1/η and E(w_s) ≤ 1 | ``phase_end`` |

One machine, full gradients, w_0 = 0, row norms |x_i| ≤ 1. Version: COLT 2024 (PMLR 247), arXiv 2402.15926.
"""
