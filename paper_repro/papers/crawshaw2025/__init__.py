"""Crawshaw, Woodworth, Liu: Local GD for logistic regression with any constant step size.

| paper | here | name in code |
|---|---|---|
| M clients | M workers | ``workers`` |
| K | H | ``local_steps`` |
| r, R | r, R | ``rounds`` |
| η | η | ``lr`` |
| F | f | ``loss`` |
| w_r | w^r | ``w`` |
| – | b_r, the drift of a round | ``round_drift`` |

Version: ICML 2025 (arXiv 2506.13974). The statements and constants are known to us second-hand, and no lemma number is
given. The paper takes row norms |x_i| ≤ 1; other data enter as x/b_x, η b_x², γ/b_x.
"""
