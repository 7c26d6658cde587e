"""What a scaling D̂ does to Local SGD beside the bounds: fixed points, noise floors, samples (derived, SAVIC-type).

| here | code |
|---|---|
| D̂, D̂_m | ``diagonal``, ``diagonals`` |
| d_min, d_max | ``floor``, ``ceiling`` |
| h | a curvature sample |
| x*, A_m | ``minimiser``, ``hessians`` |
"""
