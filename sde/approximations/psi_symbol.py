"""ψ as a SymPy function, printed as ψ and computed by its stable twin, and the symbols M, B, α.

Importing this module loads SymPy.
"""

from typing import Any

import sympy

from sde.formulas import psi as stable_psi


WORKERS, BATCH, ROUND_TIME = sympy.symbols("M B alpha", positive=True)


class Psi(sympy.Function):
    """ψ(x) = 1 − (1 − e^{−x})/x, with ψ(0) = 0 and ψ(∞) = 1."""

    # Where `lambdify` looks for the numbers.
    _imp_ = staticmethod(stable_psi)

    @classmethod
    def eval(cls, x: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return the limits; leave everything else as it stands."""
        if x.is_zero:
            return sympy.S.Zero
        return sympy.S.One if x is sympy.oo else None

    def fdiff(self, argindex: int = 1) -> Any:
        """ψ′ = (1 − e^{−x} − xe^{−x})/x²."""
        del argindex
        x: Any = self.args[0]
        return (1 - sympy.exp(-x) * (1 + x)) / x**2

    def _latex(self, printer: Any, exp: Any = None) -> str:
        power = f"^{{{printer.doprint(exp)}}}" if exp is not None else ""
        return rf"\psi{power}\left({printer.doprint(self.args[0])}\right)"
