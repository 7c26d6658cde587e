"""Gu, Lyu, Arora, Zhang, Huang: a quadratic synchronisation rule (ICLR 2024, arXiv 2310.14423).

| paper | here | code |
|---|---|---|
| K workers | M workers | ``workers`` |
| H^{(s)} | H of the round that starts at step s | ``QuadraticRule.steps`` |
| η_t | η | ``lr`` |
| α | α_Q, H = (α_Q/η)² | ``growth`` |
| H_base | least H | ``base`` |

The rule is known from the released code; of the theorem we know the order O(α_Q²) at second hand, no wording.
"""
