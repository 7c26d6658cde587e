"""Wang, Malladi, Wang, Lyu, Li: the marginal value of momentum for small learning rate SGD (ICLR 2024, 2307.15196).

| paper | here | code |
|---|---|---|
| γ, learning rate of SGDM | η(1 − β) | ``lr`` of a method with momentum |
| β | β | ``momentum`` |
| η = γ/(1 − β) | η, learning rate of the SGD with the same law | – |
| T/η² steps | slow time T | ``slow_time`` counts γ² |

Known to us by its abstract and from recollection; the check is our own.
"""
