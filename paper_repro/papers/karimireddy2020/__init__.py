"""Karimireddy, Kale, Mohri, Reddi, Stich, Suresh: SCAFFOLD (ICML 2020, 1910.06378), on quadratic losses.

| paper | here | code |
|---|---|---|
| N clients, K local steps | M workers, H_m local steps | ``workers``, ``local_steps`` |
| η_l, η_g | η, η_g | ``lr``, ``Server(rate)`` |
| x, y_i | x, w_m | ``w``, ``local`` |
| c_i, c | c_m, c = Σ_m p_m c_m | ``controls`` |
| option I, option II | ``"gradient"``, ``"path"`` | ``Scaffold(option)`` |

The paper states that SCAFFOLD is unaffected by the heterogeneity of data [stated]; what is exact on quadratics is ours.
"""
