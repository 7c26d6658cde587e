r"""Ji, Telgarsky: characterizing the implicit bias via a primal-dual analysis (ALT 2021).

| paper | here | code |
|---|---|---|
| z_i = −y_i x_i, rows of Z | −x_i | minus a row of ``signed`` |
| R(w), the mean loss | f on one worker | ``Trace.loss`` |
| η_t | e_t/f(w_t) | ``Normalised`` |
| η̂_t = η_t R(w_t) | e_t | ``Normalised.schedule`` |
| Σ_{j<t} η̂_j | Σ e_j | ``Trace.time`` |
| ū, the unit max-margin vector | γŵ | ``MaxMargin.direction`` |
| v_t = Π_⊥ w_t | Π⊥w | part of w orthogonal to ŵ |

Rows of length at most 1, start 0, exponential loss, e_t ≤ 1 not increasing. The hat on e_t is our notation.
Version: PMLR 132, arXiv 1906.04540.
"""
