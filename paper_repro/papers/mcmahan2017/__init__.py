"""McMahan, Moore, Ramage, Hampson, Agüera y Arcas: FedAvg (AISTATS 2017, 1602.05629), on quadratic losses.

| paper | here | code |
|---|---|---|
| K, n_k | workers M, samples n_m | ``workers``, ``sizes`` |
| E epochs of mini-batches | H_m local steps | ``local_steps`` |
| n_k/n | weight p_m | ``Average("samples")`` |
| – | server rate η_g | ``Server(rate)`` |
| – | b_m = argmin f_m, x* = argmin Σ p_m f_m | ``own_minimisers``, ``minimiser`` |
| – | W_m = I − (I − ηA_m)^{H_m} | ``responses`` |

The paper has the algorithm and experiments; what is exact on quadratics is proved here.
"""
