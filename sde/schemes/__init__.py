"""Schemes, one per module, each with its orders as attributes.

| scheme | convention | noise | strong | weak | increments |
|---|---|---|---|---|---|
| ``EulerMaruyama`` | Itô | general; additive | ½; 1 | 1 | Gaussian |
| ``Milstein`` | Itô | commutative, diagonal, scalar, additive | 1 | 1 | Gaussian |
| ``StochasticHeun`` | Stratonovich | general; commutative; additive | ½; 1; 1 | 1; 1; 2 | Gaussian |
| ``SimplifiedWeakEuler`` | Itô | general | – | 1 | two-point |
| ``ItoTaylor`` | Itô | scalar | – | 2 | three-point |
| ``Platen`` | Itô | scalar | – | 2 | three-point |
| ``AdditiveHeun`` | Itô | additive | – | 2 | three-point |
| ``PlatenGeneral`` | Itô | general | – | 2 | three-point, V |
| ``ProjectedEuler`` | Itô, on a manifold | general | ½ | 1 | Gaussian or two-point |
"""

from sde.schemes.abstract import AbstractScheme as AbstractScheme
from sde.schemes.abstract import Orders as Orders
from sde.schemes.additive_heun import AdditiveHeun as AdditiveHeun
from sde.schemes.euler_maruyama import EulerMaruyama as EulerMaruyama
from sde.schemes.ito_taylor import ItoTaylor as ItoTaylor
from sde.schemes.milstein import Milstein as Milstein
from sde.schemes.platen import Platen as Platen
from sde.schemes.platen_general import PlatenGeneral as PlatenGeneral
from sde.schemes.projected_euler import ProjectedEuler as ProjectedEuler
from sde.schemes.stochastic_heun import StochasticHeun as StochasticHeun
from sde.schemes.weak_euler import SimplifiedWeakEuler as SimplifiedWeakEuler


# One of each scheme.
SCHEMES = (
    EulerMaruyama(),
    Milstein(),
    StochasticHeun(),
    SimplifiedWeakEuler(),
    ItoTaylor(),
    Platen(),
    AdditiveHeun(),
    PlatenGeneral(),
    ProjectedEuler(),
)
