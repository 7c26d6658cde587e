"""Dhawan, Mitchell, Charles, Garrett, Dziugaite: FedFish, function space aggregation (TMLR 2024, arXiv 2311.10291).

| paper | here | code |
|---|---|---|
| F_m, diagonal Fisher information of client m | diagonal of A_m | ``fishers`` of ``fisher_merge`` |
| θ_m, model of client m | x_m | ``models`` |

Known to us by its abstract. What the merge does on quadratics is our own result.
"""
