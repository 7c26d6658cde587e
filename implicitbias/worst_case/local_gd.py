"""The exact worst case of Local GD over all smooth, strongly convex functions (performance estimation)."""

from implicitbias import checks
from implicitbias.worst_case.certificate import certify, WorstCase
from implicitbias.worst_case.estimation import Estimation, estimation, Located, mean, Unknown


def local_gd_worst_case(
    *,
    smoothness: float,
    strong_convexity: float,
    workers: int,
    local_steps: int,
    rounds: int,
    lr: float,
    heterogeneity: float = 0.0,
    distance: float = 1.0,
) -> WorstCase:
    """Return max |x_R − x*|² over f_1, …, f_M, L-smooth and μ-strongly convex, in any dimension.

    x* minimises (1/M) Σ f_m, ``|x_0 − x*|² ≤ r₀`` and ``(1/M) Σ |∇f_m(x*)|² ≤ ζ²``; a round is H exact gradient
    steps of every worker from the common point, then the average. By interpolation (taylor2017) this is a
    semidefinite program, and its dual a proof. The maximum V(r₀, ζ²) is positively homogeneous and concave in
    (r₀, ζ²), as the optimal value of a convex program in its right-hand sides; it is solved at L = 1, r₀ + ζ² = 1.

    A frozen D̂ is invisible to it: in y = D̂^{1/2} x the method is Local GD on functions with other constants, as in
    `scaled_worst_case`.

    Parameters
    ----------
    smoothness, strong_convexity : float
        L > μ ≥ 0.
    workers, local_steps, rounds : int
        M, H, R. The program has M·R·H gradients; a second for about 16 of them.
    lr : float
        η > 0, also beyond stability.
    heterogeneity, distance : float
        ζ² and r₀, ≥ 0 and not both 0. One worker has no heterogeneity: its gradient vanishes at x*.

    Returns
    -------
    WorstCase
        ``value`` is proved.

    Raises
    ------
    BadInput
        For arguments outside these ranges, and where PEPit is not installed.
    NotCertified
        If the proof is further than 1e-5 (r₀ + ζ²/L²) from the example.
    """
    check_class(smoothness, strong_convexity)
    for name, value in (("workers", workers), ("local_steps", local_steps), ("rounds", rounds)):
        checks.integer(name, value, 1, "give a count")
    checks.number("lr", lr, "give the learning rate η", above=0.0)
    checks.number("heterogeneity", heterogeneity, "give ζ²", least=0.0)
    checks.number("distance", distance, "give |x_0 − x*|²", least=0.0)
    checks.number("distance + heterogeneity", distance + heterogeneity, "give one of them", above=0.0)
    # In units in which L = 1 and r₀ + ζ² = 1: neither changes an iterate but for its length.
    mu, rate, slope = strong_convexity / smoothness, lr * smoothness, heterogeneity / smoothness**2
    size = distance + slope
    with estimation() as problem:
        slopes = _slopes_at_minimiser(problem, workers, slope / size)
        start = _start(problem, distance / size)
        functions = [problem.function(1.0, mu, own) for own in slopes]
        for _ in range(rounds):
            start = mean([_local_steps(f, start, local_steps, rate) for f in functions])
        program = problem.program(start.point**2)
    return certify(program).scaled(size)


def check_class(smoothness: float, strong_convexity: float) -> None:
    """Refuse anything but 0 ≤ μ < L.

    Raises
    ------
    BadInput
        Naming the value.
    """
    checks.number("smoothness", smoothness, "give L, the largest curvature", above=0.0)
    cure = "give μ below L: at μ = L every function is the same quadratic, and there is no worst one"
    checks.number("strong_convexity", strong_convexity, cure, least=0.0, below=smoothness)


def _start(problem: Estimation, distance: float) -> Located:
    """x_0 with |x_0 − x*|² ≤ r₀."""
    if distance == 0.0:
        return problem.origin()
    start = problem.vector(distance**0.5)
    problem.problem.add_constraint(start.point**2 <= distance)
    return start


def _slopes_at_minimiser(problem: Estimation, workers: int, heterogeneity: float) -> list[Located]:
    """∇f_1(x*), …, ∇f_M(x*) with sum 0 and mean square at most ζ²."""
    if heterogeneity == 0.0 or workers == 1:
        return [problem.origin()] * workers
    reach = (workers * heterogeneity) ** 0.5
    free = [problem.vector(reach) for _ in range(workers - 1)]
    last = Located(-sum((v.point for v in free[1:]), free[0].point), reach)
    slopes = [*free, last]
    problem.problem.add_constraint(sum((v.point**2 for v in free), last.point**2) <= workers * heterogeneity)
    return slopes


def _local_steps(f: Unknown, x: Located, local_steps: int, lr: float) -> Located:
    for _ in range(local_steps):
        x = f.step(x, lr)
    return x
