"""What a scheme is: one step, its orders for each structure of noise, and what it needs of the equation."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

import numpy as np
from jaxtyping import Float

from implicitbias.display import card, table
from implicitbias.errors import BadInput
from sde.brownian import Increments
from sde.equations import Convention, NoiseKind, SDE


# What to do about an attribute of the equation that a scheme needs and that is None.
CURES = {
    "diffusion_jacobian": "give diffusion_jacobian=…, or start from a SymbolicSDE",
    "symbolic": "start from a SymbolicSDE",
    "retract": "give retract=Φ, a map back onto the manifold",
}


class Orders(NamedTuple):
    """Strong order (``None`` where the increments follow no path) and weak order."""

    strong: float | None
    weak: float


class AbstractScheme(ABC):
    """X_{n+1} from X_n, a step Δ and the increments of W.

    Attributes
    ----------
    convention
        In which the equation must be written.
    orders
        Strong order p, (E|Y_n − X_nΔ|²)^½ = O(Δ^p), and weak order q, |E g(Y_n) − E g(X_nΔ)| = O(Δ^q) for smooth g,
        for each structure of noise that the scheme takes.
    needs
        Attributes of the equation that must be there.
    antisymmetric
        Whether a step also reads the two-point variables V.
    """

    convention: ClassVar[Convention]
    orders: ClassVar[Mapping[NoiseKind, Orders]]
    needs: ClassVar[tuple[str, ...]] = ()
    antisymmetric: ClassVar[bool] = False

    @property
    @abstractmethod
    def increments(self) -> Increments:
        """Law of the increments."""

    @abstractmethod
    def step(
        self,
        sde: SDE,
        x: Float[np.ndarray, "replica dim"],
        dt: float,
        dw: Float[np.ndarray, "replica noise"],
        area: Float[np.ndarray, "replica noise noise"] | None = None,
    ) -> Float[np.ndarray, "replica dim"]:
        """Return X one step later; ``area`` is V where the scheme reads it."""

    def _repr_html_(self) -> str:
        asked = [
            ("equation", self.convention.value),
            ("increments", self.increments.name.replace("_", " ").capitalize()),
        ]
        asked += [("needs", ", ".join(self.needs))] if self.needs else []
        orders = [
            (kind, "–" if o.strong is None else f"{o.strong:g}", f"{o.weak:g}")
            for kind, o in self.orders.items()
        ]
        return card(repr(self), asked, body=[table(("noise", "strong order", "weak order"), orders)])

    @property
    def noise_kinds(self) -> tuple[NoiseKind, ...]:
        """Structures of noise that the scheme takes."""
        return tuple(self.orders)

    @property
    def strong_order(self) -> float | None:
        """Strong order for every noise the scheme takes; ``None`` where increments follow no path."""
        found = [o.strong for o in self.orders.values() if o.strong is not None]
        return min(found) if found and self.increments is Increments.GAUSSIAN else None

    @property
    def weak_order(self) -> float:
        """Weak order for every noise the scheme takes."""
        return min(o.weak for o in self.orders.values())

    def orders_for(self, sde: SDE) -> Orders:
        """Return the best orders that the structure of this equation's noise allows."""
        self.check(sde)
        found = [self.orders[kind] for kind in self.orders if kind in sde.kinds]
        weak = max(o.weak for o in found)
        if self.increments is not Increments.GAUSSIAN:
            return Orders(None, weak)
        return Orders(max((o.strong for o in found if o.strong is not None), default=None), weak)

    def check(self, sde: SDE) -> None:
        """Refuse an equation that the scheme would not solve.

        Raises
        ------
        BadInput
            For the other convention, another structure of noise, or something missing; with the cure.
        """
        name = type(self).__name__
        if sde.convention is not self.convention and not (sde.noises == 0 or NoiseKind.ADDITIVE in sde.kinds):
            wanted = "to_ito" if self.convention is Convention.ITO else "to_stratonovich"
            raise BadInput(
                f"convention = {sde.convention.value}: {name} solves {self.convention.value} equations, and would find "
                f"another process; integrate sde.{wanted}()"
            )
        if not sde.kinds & set(self.noise_kinds):
            kinds = " or ".join(self.noise_kinds)
            raise BadInput(
                f"noise_kind = {str(sde.noise_kind)!r}: {name} takes {kinds} noise; declare noise_kind if it is, "
                "or use a scheme for general noise, such as EulerMaruyama() or PlatenGeneral()"
            )
        for attribute in self.needs:
            if getattr(sde, attribute) is None:
                raise BadInput(f"{attribute} = None: {name} needs it; {CURES[attribute]}")


def noise(
    diffusion: Float[np.ndarray, "replica dim noise"], dw: Float[np.ndarray, "replica noise"]
) -> Float[np.ndarray, "replica dim"]:
    """Return b ΔW."""
    return np.einsum("...ij,...j->...i", diffusion, dw)
