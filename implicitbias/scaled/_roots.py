"""Roots of a smooth field by Newton's method, certified by the size of the last step."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from implicitbias.errors import NotCertified


Field = Callable[[Float[np.ndarray, " dim"]], tuple[Float[np.ndarray, " dim"], Float[np.ndarray, "dim dim"]]]

# On a way to infinity every step is one unit of margin long: a hundred never reach where all gradients underflow.
NEWTON_STEPS = 100
# 2⁻³⁰: a shorter step that does not reduce the field fights rounding.
SHORTEST_STEP = 1e-9
# Length of the last Newton step, in units of 1 + |x|: rounding of a field of condition 10⁴ or so.
AT_ROOT = 1e-11


def certified_root(
    field: Field, start: Float[np.ndarray, " dim"], *, what: str, cure: str
) -> Float[np.ndarray, " dim"]:
    """Return x with F(x) = 0, by Newton steps that are halved until |F| falls.

    Where the Jacobian is singular the steps have minimum norm, and x is the root nearest to ``start`` if F is affine.

    Parameters
    ----------
    field : callable
        x ↦ F(x) and its Jacobian.
    start : array (dim,)
        Where the search begins.
    what, cure : str
        What was sought, and what to do if it is not found.

    Raises
    ------
    NotCertified
        If the Newton step from the last point is longer than rounding.
    """
    x = np.array(start, dtype=float)
    value, step = _newton_step(field, x)
    for _ in range(NEWTON_STEPS):
        found = _shorter(field, x, value, step)
        if found is None:
            break
        x = found
        value, step = _newton_step(field, x)
    length = float(np.linalg.norm(step))
    if not length <= AT_ROOT * (1.0 + float(np.linalg.norm(x))):
        raise NotCertified(f"{what}: a Newton step from the last point is still {length:.2e} long; {cure}")
    return x


def _newton_step(field: Field, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    value, jacobian = field(x)
    return value, np.linalg.lstsq(jacobian, -value, rcond=None)[0]


def _shorter(field: Field, x: np.ndarray, value: np.ndarray, step: np.ndarray) -> np.ndarray | None:
    """First of x + step, x + step/2, … at which |F| is smaller; none if it is at its rounding."""
    size, length = float(np.linalg.norm(value)), 1.0
    while length > SHORTEST_STEP:
        if float(np.linalg.norm(field(x + length * step)[0])) < size:
            return x + length * step
        length /= 2.0
    return None
