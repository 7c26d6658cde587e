r"""Wang, Min, Wu: achieving margin maximization exponentially fast via progressive norm rescaling (ICML 2024).

| paper | here | code |
|---|---|---|
| L(w), exponential loss | f on one worker | ``Trace.loss`` |
| η∇L/L, normalised step | e∇f/f | ``Normalised`` |
| T_k, times of rescaling | T_0 + k·every | ``Rescaling.start``, ``Rescaling.every`` |
| R_k, progressive radius | R_0·growth^k | ``Rescaling.radius_at`` |
| w*, the unit max-margin vector | γŵ | ``MaxMargin.direction`` |
| Assumption 5.4: the support vectors span the data | the same | ``MaxMargin.spans`` |

We know statement and algorithm through public abstracts and from memory: rescale to norm R_k at T_k, then normalised
steps projected on that ball. Version: PMLR 235, arXiv 2311.14387.
"""
