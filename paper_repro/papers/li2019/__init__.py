"""Li, Tai, E: stochastic modified equations, mathematical foundations (JMLR 20, 2019, arXiv 1811.01558).

The symbols are those of li2017.
"""
