"""What a method carries from round to round, stacked into one vector, and affine functions of that vector."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias.display import in_brief


@dataclass(frozen=True, eq=False)
class Form:
    """An affine function z ↦ Fz + h of a stacked vector z; sums, multiples and products with matrices are again one.

    Attributes
    ----------
    matrix : array (entry, n)
        F.
    offset : array (entry,)
        h.
    """

    matrix: Float[np.ndarray, "entry n"]
    offset: Float[np.ndarray, " entry"]

    __repr__ = in_brief

    # NumPy would take the products apart, entry by entry; with this it leaves them to the methods below.
    __array_ufunc__ = None

    def __add__(self, other: "Form | Float[np.ndarray, ' entry']") -> "Form":
        if isinstance(other, Form):
            return Form(self.matrix + other.matrix, self.offset + other.offset)
        return Form(self.matrix, self.offset + other)

    def __radd__(self, other: Float[np.ndarray, " entry"]) -> "Form":
        return self + other

    def __neg__(self) -> "Form":
        return Form(-self.matrix, -self.offset)

    def __sub__(self, other: "Form | Float[np.ndarray, ' entry']") -> "Form":
        return self + (-other)

    def __rmul__(self, factor: float) -> "Form":
        return Form(factor * self.matrix, factor * self.offset)

    def __rmatmul__(self, matrix: Float[np.ndarray, "row entry"]) -> "Form":
        return Form(matrix @ self.matrix, matrix @ self.offset)

    def __getitem__(self, rows: slice) -> "Form":
        return Form(self.matrix[rows], self.offset[rows])


def stacked(forms: Sequence[Form]) -> Form:
    """Return the functions one below the other."""
    return Form(np.concatenate([f.matrix for f in forms]), np.concatenate([f.offset for f in forms]))


def combined(weights: Float[np.ndarray, " form"], forms: Sequence[Form]) -> Form:
    """Return Σ_m weight_m·form_m."""
    matrices, offsets = np.stack([f.matrix for f in forms]), np.stack([f.offset for f in forms])
    return Form(np.tensordot(weights, matrices, axes=1), np.tensordot(weights, offsets, axes=1))


@dataclass(frozen=True)
class Layout:
    """Names and lengths of the parts of a stacked vector, in order.

    The model ``x`` is first; what a method does not carry has length 0.
    """

    parts: tuple[tuple[str, int], ...]

    def __repr__(self) -> str:
        """Show only what is carried."""
        return f"Layout({', '.join(f'{name}={length}' for name, length in self.parts if length)})"

    @property
    def size(self) -> int:
        """Length n of the stacked vector."""
        return sum(length for _, length in self.parts)

    def where(self, name: str) -> slice:
        """Return where the part is."""
        names = [part for part, _ in self.parts]
        first = sum(length for _, length in self.parts[: names.index(name)])
        return slice(first, first + self.parts[names.index(name)][1])

    def form(self, name: str) -> Form:
        """Return the part as a function of the whole."""
        return Form(np.eye(self.size)[self.where(name)], np.zeros(self.length(name)))

    def pieces(self, name: str, dim: int) -> list[Form]:
        """Return the part as vectors of length ``dim``."""
        whole = self.form(name)
        return [whole[k : k + dim] for k in range(0, self.length(name), dim)]

    def length(self, name: str) -> int:
        """Return the length of the part."""
        return dict(self.parts)[name]
