"""``SymbolicSDE``: the equation in SymPy; exact changes of convention, the generator, LaTeX, and NumPy from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from implicitbias import checks
from implicitbias.display import card, ENTRIES, latex_of, typeset
from implicitbias.errors import BadInput
from sde.equations.convention import Convention, NoiseKind
from sde.equations.equation import SDE
from sde.equations.field import Field, SymbolicField
from sde.equations.printed import equation_latex, few_operations


@dataclass(frozen=True)
class SymbolicSDE:
    """dX = a(X) dt + b(X) dW with a and b in SymPy.

    Parameters
    ----------
    variables
        Real symbols of x_1, …, x_d.
    drift
        a, a sequence of d expressions.
    diffusion
        b, a d×k matrix or nested sequence.
    convention
        How dW is read.
    name
        For messages and traces.

    Raises
    ------
    BadInput
        If the shapes do not match, or a variable is no symbol.
    """

    variables: tuple[Any, ...]
    drift: tuple[Any, ...]
    diffusion: Any
    convention: Convention = Convention.ITO
    name: str = ""

    def __post_init__(self):
        import sympy

        cure = "give distinct symbols, e.g. sympy.symbols('x y', real=True)"
        variables = tuple(self.variables) if isinstance(self.variables, Sequence) else (self.variables,)
        if not variables or len(set(variables)) < len(variables):
            raise checks.refuse("variables", self.variables, "must be distinct symbols", cure)
        for variable in variables:
            checks.instance("variable", variable, sympy.Symbol, cure)
        checks.instance("convention", self.convention, Convention, "give Convention.ITO or .STRATONOVICH")
        object.__setattr__(self, "variables", variables)
        object.__setattr__(self, "drift", _entries("drift", self.drift, len(variables)))
        object.__setattr__(self, "diffusion", _matrix(self.diffusion, len(variables)))

    @property
    def dim(self) -> int:
        """Number of coordinates d."""
        return len(self.variables)

    @property
    def noises(self) -> int:
        """Number of noises k."""
        return self.diffusion.shape[1]

    @property
    def noise_kind(self) -> NoiseKind:
        """The strongest structure that the expressions show."""
        from sde.equations.structure import noise_kind

        return noise_kind(self.variables, self.diffusion)

    @property
    def fingerprint(self) -> str:
        """Text that equal equations share."""
        import sympy

        parts = (*self.variables, *self.drift, self.diffusion)
        return "/".join([self.convention.name, *(sympy.srepr(part) for part in parts)])

    def noise_drift(self) -> tuple[Any, ...]:
        """Return Σ_j (b^j·∇) b^j."""
        import sympy

        columns = [self.diffusion[:, j] for j in range(self.noises)]
        total = sympy.zeros(self.dim, 1)
        for column in columns:
            total += column.jacobian(self.variables) * column
        return tuple(total)

    def converted(self, convention: Convention) -> "SymbolicSDE":
        """Return the equation of the same process in a convention: the drifts differ by ½ Σ_j (b^j·∇) b^j."""
        import sympy

        if self.convention is convention:
            return self
        half = sympy.Rational(1 if convention is Convention.ITO else -1, 2)
        drift = (a + half * c for a, c in zip(self.drift, self.noise_drift(), strict=True))
        return replace(self, drift=tuple(sympy.expand_mul(a) for a in drift), convention=convention)

    def to_ito(self) -> "SymbolicSDE":
        """Return the Itô equation of the same process."""
        return self.converted(Convention.ITO)

    def to_stratonovich(self) -> "SymbolicSDE":
        """Return the Stratonovich equation of the same process."""
        return self.converted(Convention.STRATONOVICH)

    def generator(self, g: Any) -> Any:
        """Return 𝓐g = a·∇g + ½⟨bbᵀ, ∇²g⟩ with the Itô drift a: d E g(X_t)/dt = E 𝓐g(X_t)."""
        import sympy

        g = sympy.sympify(g)
        gradient, hessian = [g.diff(x) for x in self.variables], sympy.hessian(g, self.variables)
        along = sum(a * slope for a, slope in zip(self.to_ito().drift, gradient, strict=True))
        return along + (self.diffusion * self.diffusion.T * hessian).trace() / 2

    def with_values(self, values: Mapping[Any, Any]) -> "SymbolicSDE":
        """Return the equation with numbers (or expressions) in place of parameters."""
        drift = tuple(a.subs(values) for a in self.drift)
        return replace(self, drift=drift, diffusion=self.diffusion.subs(values))

    @property
    def printable(self) -> bool:
        """Whether it is short enough to be read in LaTeX."""
        return few_operations((*self.drift, *self.diffusion))

    def _repr_latex_(self) -> str | None:
        return typeset([latex_of(self)])

    def _repr_html_(self) -> str:
        return card(repr(self), (), [latex_of(self)])

    def __repr__(self) -> str:
        """Say the variables, how dW is read, and how many there are."""
        name = f"{self.name!r}, " if self.name else ""
        variables = ", ".join(str(v) for v in self.variables[:ENTRIES]) + ", …" * (self.dim > ENTRIES)
        return f"SymbolicSDE({name}({variables}), k={self.noises}, {self.convention.name})"

    def latex(self) -> str:
        """LaTeX of the equation, one line per coordinate."""
        return equation_latex(self.variables, self.drift, self.diffusion, self.convention)

    def field(self, expressions: Sequence[Any], shape: tuple[int, ...]) -> Field:
        """Return expressions in the variables as a function (…, d) ↦ (…, *shape).

        Raises
        ------
        BadInput
            If they hold another symbol.
        """
        others = set().union(*(e.free_symbols for e in expressions)) - set(self.variables)
        if others:
            names = ", ".join(sorted(str(s) for s in others))
            raise BadInput(
                f"free symbols {names}: numbers are needed for every symbol but the variables; give them by "
                ".with_values({symbol: number})"
            )
        return SymbolicField(self.variables, tuple(expressions), shape)

    def compile(self, *, retract: Field | None = None, probe: tuple[float, ...] | None = None) -> SDE:
        """Return the equation as functions of batches of points, with the derivative and the structure of b.

        Raises
        ------
        BadInput
            If a parameter has no value.
        """
        d, k, entries = self.dim, self.noises, tuple(self.diffusion)
        return SDE(
            self.field(self.drift, (d,)),
            self.field(entries, (d, k)),
            dim=d,
            noises=k,
            convention=self.convention,
            diffusion_jacobian=self.field([b.diff(x) for b in entries for x in self.variables], (d, k, d)),
            noise_kind=self.noise_kind,
            retract=retract,
            symbolic=self,
            name=self.name,
            probe=probe,
        )


def _entries(name: str, expressions: Any, dim: int) -> tuple[Any, ...]:
    import sympy

    entries = expressions if isinstance(expressions, Sequence | sympy.MatrixBase) else (expressions,)
    found = tuple(sympy.sympify(e) for e in entries)
    if len(found) != dim:
        raise checks.refuse(name, expressions, f"must have d = {dim} entries", "give one per variable")
    return found


def _matrix(diffusion: Any, dim: int) -> Any:
    import sympy

    cure = "give one row per variable; column j multiplies dW_j"
    rows = diffusion if isinstance(diffusion, Sequence | sympy.MatrixBase) else [[diffusion]]
    try:
        matrix = sympy.ImmutableDenseMatrix(rows)
    except (TypeError, ValueError) as failure:
        raise checks.refuse("diffusion", diffusion, "must be a matrix of expressions", cure) from failure
    # An ODE has no column at all, where SymPy forgets the rows.
    matrix = sympy.ImmutableDenseMatrix(dim, 0, []) if not len(matrix) else matrix
    if matrix.shape[0] != dim:
        raise checks.refuse("diffusion", diffusion, f"has {matrix.shape[0]} rows for d = {dim}", cure)
    return matrix
