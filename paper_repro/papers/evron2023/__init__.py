"""Evron and others: continual learning in linear classification on separable data (arXiv 2306.03534).

| paper | here | code |
|---|---|---|
| task m | worker m, visited one after another | ``local_signed[m]`` |
| weakly regularised task solution | proximal point at λ → 0 | ``proximal_point`` |
| sequential max-margin projections | u ← P_m(u) | ``margin_set(problem, m).project`` |
| offline max margin | ŵ | ``MaxMargin.weights`` |

We know the statements through public abstracts; ``source="second-hand"`` marks them.
"""
