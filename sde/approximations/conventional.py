r"""The conventional SDE of SGD, on the horizon t_c = η·steps = O(1) (li2017).

With weak error O(η) and O(η²):

    order 1:  dX = −∇L dt_c + √(η/B) A dW,            order 2:  dX = −∇(L + (η/4)|∇L|²) dt_c + √(η/B) A dW.

Local SGD differs from SGD by O(η) there, so that the equation of order 1 is the same for both and cannot tell them
apart; of order 2 it holds for one local step. With a fixed scaling D, by y = D^{1/2}θ,

    order 2:  dX = −D^{−1}∇(L + (η/4)∇L·D^{−1}∇L) dt_c + √(η/B) D^{−1}A dW.
"""

from typing import Any

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.methods import LocalMethod
from sde.approximations.setting import Setting, setting_of
from sde.equations import Convention, SDE, SymbolicSDE
from sde.landscapes import Landscape
from sde.landscapes.scaled import checked_diagonal


def conventional_sde(landscape: Landscape, method: LocalMethod, order: int = 1) -> SDE:
    """Return the conventional SDE of a method, in R^d and in conventional time t_c = η·steps.

    Parameters
    ----------
    landscape
        Loss and noise; Γ is not needed.
    method
        ``local_sgd(lr, local_steps, batch, workers=M)``; B = M·B_loc.
    order
        Weak order: the error of E g(X) at fixed t_c is O(η^order).

    Raises
    ------
    BadInput
        For another order, for a method that has no such equation, or for order 2 with more than one local step.
    """
    return conventional_equation(landscape, setting_of(method, landscape.workers), order).compile()


def conventional_equation(landscape: Landscape, setting: Setting, order: int = 1) -> SymbolicSDE:
    """Return the same in SymPy.

    Raises
    ------
    BadInput
        As ``conventional_sde``.
    """
    import sympy

    checks.instance("landscape", landscape, Landscape, "give Landscape(loss, variables, noise)")
    if order not in (1, 2):
        raise checks.refuse("order", order, "is known for 1 and 2", "give one of them")
    if setting.grows:
        raise BadInput(
            f"lr = {setting.step:g} at first, then others: the conventional SDE is for one learning rate; take it "
            "phase by phase, a number each"
        )
    if order == 2 and setting.local_steps != 1:
        raise BadInput(
            f"order = 2 with H = {setting.local_steps:g}: averaging changes Local SGD by O(η); give order=1, or H = 1"
        )
    lr = sympy.nsimplify(setting.lr, rational=True)
    slopes, inverse = landscape.gradient_expressions, _inverse(landscape, setting)
    bending = (
        lr / 4 * sum(i * slope**2 for i, slope in zip(inverse, slopes, strict=True)) if order == 2 else 0
    )
    potential = landscape.expression + bending
    drift = tuple(-i * potential.diff(v) for i, v in zip(inverse, landscape.variables, strict=True))
    scale = sympy.sqrt(lr / sympy.nsimplify(setting.batch, rational=True))
    diffusion = scale * sympy.diag(*inverse) * landscape.factor_expressions
    name = f"conventional SDE of order {order} of {landscape.name or 'a landscape'}"
    return SymbolicSDE(landscape.variables, drift, diffusion, Convention.ITO, name=name)


def _inverse(landscape: Landscape, setting: Setting) -> tuple[Any, ...]:
    """Return D^{−1} as exact numbers."""
    import sympy

    if setting.scaling is None:
        return (sympy.S.One,) * landscape.dim
    diagonal = checked_diagonal(setting.scaling, landscape.dim)
    return tuple(1 / sympy.nsimplify(d, rational=True) for d in diagonal)
