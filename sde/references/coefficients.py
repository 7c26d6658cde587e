"""Drift b(q) and squared diffusion s²(q) of a one-dimensional equation, in Itô's convention."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput
from sde.equations import SDE, SymbolicSDE


Observable = Callable[[Float[np.ndarray, "point 1"]], Float[np.ndarray, "point *one"]]


@dataclass(frozen=True)
class Coefficients:
    """dq = b(q) dt + s(q) dW, with s² = Σ_j b_j² over all noises of the equation."""

    sde: SDE

    def drift(self, q: Float[np.ndarray, " point"]) -> Float[np.ndarray, " point"]:
        """Return b."""
        return self.sde.drift(q[:, None])[:, 0]

    def square(self, q: Float[np.ndarray, " point"]) -> Float[np.ndarray, " point"]:
        """Return s²."""
        return (self.sde.diffusion(q[:, None]) ** 2).sum(axis=(1, 2))


def coefficients(sde: SDE | SymbolicSDE) -> Coefficients:
    """Return the Itô coefficients.

    Raises
    ------
    BadInput
        If the equation is not one-dimensional, or cannot be read as Itô.
    """
    checks.instance("sde", sde, SDE | SymbolicSDE, "give an SDE or a SymbolicSDE")
    compiled = sde.compile() if isinstance(sde, SymbolicSDE) else sde
    if compiled.dim != 1:
        raise BadInput(
            f"dim = {compiled.dim}: these references are one-dimensional; use a chart, or integrate"
        )
    return Coefficients(compiled.to_ito())


def on_points(g: Observable, q: Float[np.ndarray, " point"]) -> Float[np.ndarray, " point"]:
    """Return g at the points; it maps (point, 1), as an observable of ``integrate`` does, to (point,) or (point, 1).

    Raises
    ------
    BadInput
        If it returns another shape, or a value that is not finite.
    """
    with np.errstate(all="ignore"):
        values = np.asarray(g(q[:, None]), dtype=np.float64)
    if values.shape not in (q.shape, (*q.shape, 1)):
        raise checks.refuse(
            "g", values.shape, "must map (point, 1) to (point,)", "use x[:, 0] for the coordinate"
        )
    if not np.isfinite(values).all():
        point = q[int(np.argmin(np.isfinite(values.reshape(len(q)))))]
        raise BadInput(
            f"g({point:g}) is not finite: a test function is defined on the whole domain; shrink the domain"
        )
    return values.reshape(q.shape)
