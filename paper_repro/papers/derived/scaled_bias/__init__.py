"""Which separator scaled local methods find: the norm is that of the scaling in force in the end.

| symbol | here | code |
|---|---|---|
| D̂, its entries ≥ d_min | scaling in force, floor | ``scaling``, ``floor`` |
| w_D | argmin wᵀDw subject to x_i·w ≥ 1 | ``max_margin(problem, norm=D).weights`` |
| ŵ, γ_∞ | Euclidean separator; largest margin in the max norm | ``max_margin(problem)``, ``norm="linf"`` |
| r_fl | first round from which D̂ = d_min·I | – |
| dw/dlog r | slope between two records, which has no 1/log r part | ``slope_in_log_time`` |
| K_ij | x_i·D_{m(j)}^{−1}x_j, not symmetric where workers have a D_m each | – |
"""
