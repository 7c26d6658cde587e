"""Scaled Local GD in the worst case: Local GD in y = D̂^{1/2} x, on functions with the constants of that metric."""

from implicitbias import checks
from implicitbias.scaled import Constants
from implicitbias.worst_case.certificate import WorstCase
from implicitbias.worst_case.local_gd import local_gd_worst_case


def scaled_worst_case(given: Constants, *, squared_distance: float, rounds: int) -> WorstCase:
    """Bound |x_R − x*|² of Local GD with a frozen D̂ and exact gradients, over all functions with these constants.

    f_m∘D̂^{−1/2} is L_D-smooth and μ_D-strongly convex, ``|y_0 − y*|² ≤ d_max r₀``, ζ_D² is ζ² in the norm of D̂⁻¹, and
    ``|x_R − x*|² ≤ |y_R − y*|²/d_min``: hence V(d_max r₀, ζ_D²)/d_min, V being `local_gd_worst_case`. For D̂ = I it is
    the worst case; for d_min < d_max an upper bound, as no function is worst for every D̂ at once.

    Parameters
    ----------
    given : Constants
        Crude or metric-aware; its noise does not enter.
    squared_distance : float
        r₀ = |x_0 − x*|².
    rounds : int
        R.

    Raises
    ------
    BadInput
        If D̂ changes or is not shared: then there is no one metric. Else as `local_gd_worst_case`.
    NotCertified
        As `local_gd_worst_case`.
    """
    if given.drift > 0.0 or not given.shared:
        what = (given.drift, given.shared)
        raise checks.refuse(
            "(drift, shared)", what, "one frozen D̂ is one metric", "give drift=0, shared=True"
        )
    metric = given.scaled
    return local_gd_worst_case(
        smoothness=metric.smoothness,
        strong_convexity=metric.strong_convexity,
        workers=given.workers,
        local_steps=given.local_steps,
        rounds=rounds,
        lr=given.lr,
        heterogeneity=metric.heterogeneity,
        distance=given.ceiling * squared_distance,
    ).scaled(1.0 / given.floor)
