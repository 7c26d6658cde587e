r"""Landscapes on which the slow SDE is known in closed form.

| name | L | slow variable | closed forms |
|---|---|---|---|
| ``exponential_valley`` | ½e^{cx}y² | x | Φ, x(t) of SGD and of the M-fold limit |
| ``quadratic_valley`` | ½(1 + x²)y² | x | Φ by Lambert's function, stationary laws, an OU process under label noise |
| ``valley`` | ½h(x)y², your h | x | Φ up to one quadrature, stationary laws |
| ``twisted_valley`` | ½(λ_1a² + λ_2b²), axes turning with x | x | drift by a pair λ_1 ≠ λ_2 |
| ``ring`` | ½h(φ)(r − 1)², your h | φ | Φ up to one quadrature, drift by mixed noise, stationary laws |
| ``circle`` | ½h(r − 1)² | φ | Φ, normal law of φ |
| ``sphere`` | ½h(\|x\| − 1)² in R^D | x/\|x\| | Φ, E Φ(t): local steps change nothing |
| ``diagonal_network`` | (1/2n)\|X(u∘u − v∘v) − y\|² | u∘v and κ·log\|u\| | Φ by Newton's method, the law of u∘v |
| ``sparse_network`` | the same, truth and features drawn | | error on fresh features |
| ``scalar_factorisation`` | ½(uv − y)² | u² − v² | Φ, law of u² − v² |
| ``vector_factorisation`` | ½(u·v − y)² | \|u + v\|\|u − v\| | Φ, the same law |
| ``matrix_factorisation`` | ½\|UVᵀ − Y\|² | its point | ODE, law of UᵀU − VᵀV |
| ``random_manifold`` | ½FᵀWF, F: R^d → R^m a cubic | its point | drift from DF and D²F |
| ``quadratic`` | ½Σλ_iθ_i² | flat θ_i | Φ, OU law of the conventional SDE |

Every factory returns ``AbstractClosedForms``: ``.landscape`` to run on, ``.project``, ``.coordinates``, ``.start``,
``.slow_drift``, ``.slow_diffusion``, and what the family has besides. ``ZOO`` holds by name those that need no
arguments.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sde.zoo.circle import Circle as Circle
from sde.zoo.circle import circle as circle
from sde.zoo.closed_forms import AbstractClosedForms as AbstractClosedForms
from sde.zoo.diagonal_network import DiagonalNetwork as DiagonalNetwork
from sde.zoo.exponential_valley import exponential_valley as exponential_valley
from sde.zoo.exponential_valley import ExponentialValley as ExponentialValley
from sde.zoo.matrix_factorisation import matrix_factorisation as matrix_factorisation
from sde.zoo.matrix_factorisation import MatrixFactorisation as MatrixFactorisation
from sde.zoo.network_instances import diagonal_network as diagonal_network
from sde.zoo.network_instances import sparse_network as sparse_network
from sde.zoo.network_instances import STANDARD_START as STANDARD_START
from sde.zoo.quadratic import Quadratic as Quadratic
from sde.zoo.quadratic import quadratic as quadratic
from sde.zoo.quadratic_valley import quadratic_valley as quadratic_valley
from sde.zoo.quadratic_valley import QuadraticValley as QuadraticValley
from sde.zoo.random_manifold import random_manifold as random_manifold
from sde.zoo.random_manifold import RandomManifold as RandomManifold
from sde.zoo.ring import Ring as Ring
from sde.zoo.ring import ring as ring
from sde.zoo.scalar_factorisation import scalar_factorisation as scalar_factorisation
from sde.zoo.scalar_factorisation import ScalarFactorisation as ScalarFactorisation
from sde.zoo.sphere import Sphere as Sphere
from sde.zoo.sphere import sphere as sphere
from sde.zoo.twisted_valley import twisted_valley as twisted_valley
from sde.zoo.twisted_valley import TwistedValley as TwistedValley
from sde.zoo.valley import Valley as Valley
from sde.zoo.valley import valley as valley
from sde.zoo.vector_factorisation import vector_factorisation as vector_factorisation
from sde.zoo.vector_factorisation import VectorFactorisation as VectorFactorisation


_FACTORIES: tuple[Callable[[], AbstractClosedForms], ...] = (
    exponential_valley,
    quadratic_valley,
    valley,
    twisted_valley,
    ring,
    circle,
    sphere,
    diagonal_network,
    scalar_factorisation,
    vector_factorisation,
    matrix_factorisation,
    random_manifold,
    quadratic,
)

# The factories that need no arguments, by name.
ZOO: Mapping[str, Callable[..., AbstractClosedForms]] = MappingProxyType(
    {factory.__name__: factory for factory in _FACTORIES}
)
