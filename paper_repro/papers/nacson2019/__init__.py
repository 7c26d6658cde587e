r"""Nacson, Lee, Gunasekar, Savarese, Srebro, Soudry: convergence of gradient descent on separable data (AISTATS 2019).

| paper | here | code |
|---|---|---|
| L(w), a loss with an exponential tail | f on one worker | ``Trace.loss`` |
| normalised gradient descent, η_t = η₀/(√(t+1) L(w_t)) | e_t = e/√(t+1) | ``Normalised(PowerDecay(e))`` |
| margin gap | γ − min_i x_i·w/|w| | ``margin_gap`` |

We know the statements through public abstracts, and the constants from memory; ``source="second-hand"`` marks them.
Bib key ``nacson2019b``: arXiv 1803.01905; their paper on stochastic gradients of the same year is ``nacson2019``.
"""
