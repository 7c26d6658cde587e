"""Chezhegov, Skorik, Khachaturov, …, Beznosikov: local methods with adaptivity via scaling (arXiv 2406.00846), SAVIC.

| paper | here | code |
|---|---|---|
| M workers | M workers | ``workers`` |
| H = max_p (t_{p+1} − t_p) | H | ``local_steps`` |
| t_p | round r starts at step rH | ``rounds`` |
| γ | η | ``lr`` |
| D̂^{t_p} | D̂ of a round | ``preconditioner``, ``OfScaling`` |
| D^{t_p} | D, its memory | ``State.scaling`` |
| α, Γ | d_min, d_max | ``floor``, ``ceiling`` |
| H^{t_p}, the diagonal matrix | h | a curvature sample, ``curvature`` |
| β, β_t | β, β_t | ``beta``, ``Adaptive.weight`` |
| x̂_t, average of x_t^m | w | ``w`` |

Of the article we use what its abstract states: Local SGD with a generic scaling, of which Adam, RMSProp and OASIS are
cases, and a neural network in practice. Its network, its data, its constants and its figures are unknown to us. What
is proved here of such methods is called derived, SAVIC-type, and never a theorem of the article; the networks of this
package are ours, small, and measured.
"""
