"""What a scaling D̂ does to Local SGD: lemmas, bounds and their worst case, fixed points, noise floors, samples.

Proved here: derived, SAVIC-type; the article's own constants are not encoded.

| here | code |
|---|---|
| D̂, D̂_m | ``diagonal``, ``diagonals`` |
| d_min, d_max | ``floor``, ``ceiling`` |
| h | a curvature sample |
| x*, A_m | ``minimiser``, ``hessians`` |
"""
