r"""The variables y = D^{1/2}θ in which steps along D^{−1}g are gradient steps, and the way back to θ.

What is known of plain Local SGD on L̃(y) = L(D^{−1/2}y) is so known of Local SGD with a fixed scaling on L: its slow SDE
is dθ = D^{−1/2}dy, on the same Γ, and keeps what the flow dθ/ds = −D^{−1}∇L keeps.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from sde.approximations.setting import Setting
from sde.equations import SDE
from sde.equations.field import Field
from sde.landscapes import Landscape, scaled


@dataclass(frozen=True)
class Frame:
    """A landscape in the variables of plain gradient steps.

    Attributes
    ----------
    landscape
        L̃; the landscape itself for D = I.
    roots
        D^{1/2}; ``None`` for D = I, where nothing is to be undone.
    """

    landscape: Landscape
    roots: tuple[float, ...] | None

    def inward(self, theta: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch dim"]:
        """Return y = D^{1/2}θ."""
        return theta if self.roots is None else np.array(self.roots) * theta

    def outward(self, y: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch dim"]:
        """Return θ = D^{−1/2}y."""
        return y if self.roots is None else y / np.array(self.roots)

    def equation(self, of_y: SDE) -> SDE:
        """Return the equation of θ, from that of y given by functions: dθ = D^{−1/2}dy."""
        if self.roots is None:
            return of_y
        return replace(
            of_y,
            drift=Outward(self, of_y.drift),
            diffusion=Outward(self, of_y.diffusion, columns=1),
            retract=of_y.retract and Outward(self, of_y.retract),
            probe=of_y.probe and tuple(self.outward(np.array(of_y.probe)).tolist()),
        )


@dataclass(frozen=True)
class Outward:
    """θ ↦ D^{−1/2}f(D^{1/2}θ), f a field of vectors, or of matrices with the coordinates as rows."""

    frame: Frame
    field: Field
    columns: int = 0

    def __call__(self, theta: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "..."]:
        """Return the field in θ."""
        roots = np.array(self.frame.roots)
        return self.field(self.frame.inward(theta)) / roots.reshape(-1, *(1,) * self.columns)


def frame_of(landscape: Landscape, setting: Setting) -> Frame:
    """Return the variables of a setting's steps.

    Raises
    ------
    BadInput
        As ``scaled``.
    """
    return Frame(landscape, None) if setting.scaling is None else _frame(landscape, setting.scaling)


# A scaled landscape is derived and compiled anew.
@lru_cache(maxsize=64)
def _frame(landscape: Landscape, diagonal: tuple[float, ...]) -> Frame:
    return Frame(scaled(landscape, diagonal), tuple(float(d) for d in np.sqrt(diagonal)))
