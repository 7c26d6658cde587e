"""``SDE``: dX = a(X) dt + b(X) dW, or ∘ dW, as functions of a batch of points."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from implicitbias import checks
from implicitbias.display import card, latex_of, typeset
from implicitbias.errors import BadInput
from sde.equations.convention import Convention, kinds, NoiseKind
from sde.equations.field import CorrectedDrift, Field
from sde.equations.probe import check_structure, probe_points, probed


if TYPE_CHECKING:
    from sde.equations.symbolic import SymbolicSDE


@dataclass(frozen=True)
class SDE:
    """dX = a(X) dt + Σ_j b^j(X) dW_j on R^d, W a Brownian motion of dimension k.

    Parameters
    ----------
    drift
        a: (…, d) ↦ (…, d), point by point for any leading axes.
    diffusion
        b: (…, d) ↦ (…, d, k); column j multiplies dW_j.
    dim, noises
        d ≥ 1 and k ≥ 0.
    convention
        ``Convention.ITO`` or ``Convention.STRATONOVICH``.
    diffusion_jacobian
        (…, d) ↦ (…, d, k, d), entry [i, j, l] = ∂b_ij/∂x_l: what Milstein's scheme and a change of convention need.
    noise_kind
        Structure of b, a ``NoiseKind`` or its name: schemes of high order ask for some.
    retract
        (…, d) ↦ (…, d) back onto the manifold Γ ⊂ R^d on which X lives, applied after each step.
    symbolic
        The same equation in SymPy, where there is one.
    printed
        () ↦ LaTeX, for an equation that is printed in other terms than it is computed in.
    name
        For messages and traces.
    probe
        A point where drift and diffusion may be evaluated to see their shapes; a generic one by default.

    Raises
    ------
    BadInput
        If a shape, the batching or the structure of the noise is not as declared.
    """

    drift: Field
    diffusion: Field
    dim: int = field(kw_only=True)
    noises: int = field(kw_only=True)
    convention: Convention = field(kw_only=True)
    diffusion_jacobian: Field | None = field(default=None, kw_only=True)
    noise_kind: NoiseKind | str = field(default=NoiseKind.GENERAL, kw_only=True)
    retract: Field | None = field(default=None, kw_only=True)
    symbolic: "SymbolicSDE | None" = field(default=None, kw_only=True)
    printed: Callable[[], str] | None = field(default=None, kw_only=True)
    name: str = field(default="", kw_only=True)
    probe: tuple[float, ...] | None = field(default=None, kw_only=True)

    def __post_init__(self):
        checks.integer("dim", self.dim, 1, "give the number d of coordinates of X")
        checks.integer("noises", self.noises, 0, "give the number k of columns of b; 0 is an ODE")
        checks.instance("convention", self.convention, Convention, "give Convention.ITO or .STRATONOVICH")
        if self.noise_kind not in list(NoiseKind):
            names = ", ".join(NoiseKind)
            raise checks.refuse(
                "noise_kind", self.noise_kind, "is no structure of noise", f"give one of {names}"
            )
        object.__setattr__(self, "noise_kind", NoiseKind(self.noise_kind))
        self._look()

    def _look(self) -> None:
        x, jacobian = probe_points(self.dim, self.probe), None
        probed("drift", self.drift, x, (self.dim,), "(…, d)")
        diffusion = probed("diffusion", self.diffusion, x, (self.dim, self.noises), "(…, d, k)")
        if self.diffusion_jacobian is not None:
            shape = (self.dim, self.noises, self.dim)
            jacobian = probed("diffusion_jacobian", self.diffusion_jacobian, x, shape, "(…, d, k, d)")
        check_structure(NoiseKind(self.noise_kind), diffusion, jacobian)
        if self.retract is not None:
            probed("retract", self.retract, x, (self.dim,), "(…, d)")

    @property
    def kinds(self) -> frozenset[NoiseKind]:
        """Every structure that the noise has: the declared one and those it implies."""
        return kinds(NoiseKind(self.noise_kind), self.dim, self.noises)

    @property
    def fingerprint(self) -> str:
        """Digest of the expressions, or of name and dimensions where there are only functions."""
        known = f"{self.name}/{self.dim}/{self.noises}/{self.convention.name}"
        content = known if self.symbolic is None else self.symbolic.fingerprint
        return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()

    def to_ito(self) -> "SDE":
        """Return the Itô equation of the same process: its drift is a + ½ Σ_j (b^j·∇) b^j.

        Raises
        ------
        BadInput
            If b may depend on x and no derivative of it is known.
        """
        return self._converted(Convention.ITO, 0.5)

    def to_stratonovich(self) -> "SDE":
        """Return the Stratonovich equation of the same process: its drift is a − ½ Σ_j (b^j·∇) b^j.

        Raises
        ------
        BadInput
            If b may depend on x and no derivative of it is known.
        """
        return self._converted(Convention.STRATONOVICH, -0.5)

    def _converted(self, convention: Convention, weight: float) -> "SDE":
        if self.convention is convention:
            return self
        if self.symbolic is not None:
            return self.symbolic.converted(convention).compile(retract=self.retract, probe=self.probe)
        if self.noise_kind is NoiseKind.ADDITIVE or self.noises == 0:
            return replace(self, convention=convention)
        if self.diffusion_jacobian is None:
            raise BadInput(
                f"diffusion_jacobian = None: to read the equation as {convention.value} takes Σ_j (b^j·∇) b^j; give "
                "diffusion_jacobian=…, say noise_kind='additive' if b is constant, or start from a SymbolicSDE"
            )
        shifted = CorrectedDrift(self.drift, self.diffusion, self.diffusion_jacobian, weight)
        return replace(self, drift=shifted, convention=convention)

    def __repr__(self) -> str:
        """Say the dimensions, how dW is read, and what b is like."""
        name = f"{self.name!r}, " if self.name else ""
        noise = f"k={self.noises}, {self.convention.name}, {NoiseKind(self.noise_kind).value} noise"
        return f"SDE({name}d={self.dim}, {noise if self.noises else 'no noise'})"

    @property
    def printable(self) -> bool:
        """Whether it is short enough to be read in LaTeX."""
        return self.symbolic is None or self.symbolic.printable

    def _repr_latex_(self) -> str | None:
        return typeset([latex_of(self)])

    def _repr_html_(self) -> str:
        return card(repr(self), (), [latex_of(self)])

    def latex(self) -> str:
        """LaTeX of the equation.

        Raises
        ------
        BadInput
            If it is known as functions only.
        """
        if self.printed is not None:
            return self.printed()
        if self.symbolic is None:
            raise BadInput(
                "symbolic = None: functions cannot be printed; write the equation as a SymbolicSDE"
            )
        return self.symbolic.latex()
