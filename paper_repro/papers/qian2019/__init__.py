"""Qian, Qian: the implicit bias of AdaGrad on separable data (NeurIPS 2019, 1906.03559).

| paper | here | code |
|---|---|---|
| b, b_0: root of the sum of squares, its start | D, 0 | ``AdaGrad()``, ``initial`` |
| h_∞: limit of 1/b | D_∞^{−1} | – |
| L: loss | f | ``problem.loss`` |
| ŵ/‖ŵ‖, ‖h_∞^{−1/2}∘w‖² | direction, wᵀD_∞w | ``max_margin(problem, norm=D)`` |

Known to us by its abstract: the direction is that of a quadratic problem with the feasible set of the hard-margin SVM.
"""
