"""What is integrated: dX = a(X) dt + b(X) dW, as functions or in SymPy, in either convention."""

from sde.equations.convention import Convention as Convention
from sde.equations.convention import NoiseKind as NoiseKind
from sde.equations.equation import SDE as SDE
from sde.equations.symbolic import SymbolicSDE as SymbolicSDE
