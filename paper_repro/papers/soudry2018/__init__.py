r"""Soudry, Hoffer, Nacson, Gunasekar, Srebro: the implicit bias of gradient descent on separable data (JMLR 2018).

| paper | here | code |
|---|---|---|
| L(w) = Σ_n ℓ(x_n·w), a SUM | n·f(w), f the mean over the samples | ``Trace.loss`` times n |
| η, step on the sum | η/n, with η our step on the mean | ``SumLossCase.sum_step`` |
| t | r, with M = 1 and H = 1 | ``Trace.rounds`` |
| x_n, labels absorbed | x_i | row of ``signed`` |
| ŵ, the L2 max-margin vector | ŵ | ``MaxMargin.weights`` |
| α_n | α_i | ``MaxMargin.duals`` |
| ρ(t) = w(t) − ŵ log t | w − ŵ log(ηHr) + ŵ log η | ``residual`` |
| w̃ = lim ρ(t) | w̃ + ŵ log η | ``SumLossCase.limit`` |
| σ_max(X) | largest singular value of the rows | ``numpy.linalg.norm(x, 2)`` |

One machine, full gradients. Their residual is taken against log t, ours against log(ηHr), so that ours does not
depend on the step; the column in the middle translates. Version: JMLR 19(70), arXiv 1710.10345.
"""
