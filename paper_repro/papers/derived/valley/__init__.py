"""What we prove about Local SGD in valleys ½h(x)y², beside the slow SDE itself.

Symbols, shapes and horizons are those of gu2023: displacements of Φ_x in units of that of SGD's slow equation.
"""
