"""Which methods have rounds that are one and the same affine map."""

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.methods import AbstractStepRule, Adaptive, Anchored, Constant, LocalMethod
from implicitbias.problems import AbstractProblem


def check_same_affine(problem: AbstractProblem, method: LocalMethod) -> None:
    """Refuse a method whose rounds differ from one another, or are no affine maps of what it carries.

    Raises
    ------
    BadInput
        Naming the axis.
    """
    checks.instance("problem", problem, AbstractProblem, "give Quadratics or a LinearRegression")
    checks.instance("method", method, LocalMethod, "give a LocalMethod, e.g. fedavg(0.1, 10, weights=None)")
    refused = {
        "lr": (not isinstance(method.lr, float | int | Constant), "give a number"),
        "local_steps": (isinstance(method.local_steps, AbstractStepRule), "give a number, or one per worker"),
        "scaling": (isinstance(method.scaling, Adaptive), "give Identity() or Fixed(D)"),
        "aggregation": (isinstance(method.aggregation, Anchored), "give Average()"),
        "rescaling": (method.rescaling is not None, "leave it out"),
    }
    for axis, (wrong, cure) in refused.items():
        if wrong:
            rule = "rounds are not one and the same affine map"
            raise checks.refuse(axis, getattr(method, axis), rule, f"{cure}, or run it with implicitbias.run")


def check_affine(problem: AbstractProblem, method: LocalMethod) -> None:
    """Refuse what `check_same_affine` does, and a method that draws.

    Raises
    ------
    BadInput
        Naming the axis.
    """
    check_same_affine(problem, method)
    if method.batch is not None or method.draws_workers:
        raise BadInput(
            f"method = {method!r}: its rounds are drawn; ask random_round for their mean and covariance"
        )
