"""A loss with the noise of its gradients and the manifold Γ of its minima: everything else is derived.

∇L, ∇²L, ∇³L, Σ = AAᵀ          from the expression, compiled
Φ(θ)                            the limit of dθ/ds = −∇L from θ: explicit where it is given, else integrated
∂Φ = P_T, ∂²Φ, Σ_∥, Σ_◇, Σ̂, Ψ̂   from the eigenpairs of ∇²L on Γ: ``landscape.curvature(ζ)``
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import combinations_with_replacement
from typing import Any, TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.methods import LocalMethod
from implicitbias.problems import AbstractNoisyProblem, AbstractTwiceDifferentiable
from sde.equations.printed import few_operations
from sde.landscapes.compiled import compiled, Field, slope
from sde.landscapes.curvature import Curvature, curvature_of
from sde.landscapes.inspection import checked_projection, inspect_landscape
from sde.landscapes.manifold import AbstractManifold
from sde.landscapes.noise import AbstractNoise, SampleLosses
from sde.landscapes.symbols import checked_symbols


if TYPE_CHECKING:
    from implicitbias.engine.advance import AbstractAdvance

# Replicas that a kernel moves together while statistics are gathered: some ten kilobytes of weights.
REPLICA_BLOCK = 1024

NOISE_CURE = "give Factors, Covariance, Isotropic, LabelNoise or SampleLosses"
Projection = Callable[[Float[np.ndarray, "*batch dim"]], Float[np.ndarray, "*batch dim"]]


class Landscape(AbstractNoisyProblem, AbstractTwiceDifferentiable):
    """Loss L: R^d → R with gradient noise of covariance Σ(θ) and, if it has one, its manifold Γ of minima.

    It is a problem: ``run(landscape, local_sgd(lr, local_steps, batch=B_loc, workers=M), rounds, …)`` runs on it.

    Parameters
    ----------
    loss
        L as a SymPy expression.
    variables
        Its symbols, in the order of the coordinates of θ.
    noise
        ``Factors``, ``Covariance``, ``Isotropic``, ``LabelNoise`` or ``SampleLosses``.
    manifold
        Γ as ``Equations`` or ``Chart``; checked at random points: ∇L = 0, rank ∇²L = codimension of Γ.
    project
        Φ as expressions or as a function (…, d) ↦ (…, d), checked near Γ; by default the gradient flow is integrated.
    invariants
        Expressions q with q∘Φ = q, checked by ∇q·∇L = 0.
    name
        For pictures and messages.

    Raises
    ------
    BadInput
        For expressions in other symbols, noise of another shape, a Γ that is not one of minima, or a Φ that is not
        the limit of the gradient flow.
    """

    def __init__(
        self,
        loss: Any,
        variables: Sequence[Any],
        noise: AbstractNoise,
        manifold: AbstractManifold | None = None,
        *,
        project: Sequence[Any] | Projection | None = None,
        invariants: Sequence[Any] = (),
        name: str = "",
    ):
        import sympy

        self.variables = checked_symbols("variables", variables)
        self.expression = sympy.sympify(loss)
        checks.instance("noise", noise, AbstractNoise, NOISE_CURE)
        checks.instance(
            "manifold", manifold, AbstractManifold | None, "give Equations(…), Chart(…) or leave it out"
        )
        self.noise, self.manifold, self.name = noise, manifold, name
        self.law, self.shared = noise.law, noise.shared
        self.given_projection = checked_projection(project, self.variables)
        self.invariants = tuple(sympy.sympify(q) for q in invariants)
        self._workers = 1
        inspect_landscape(self)

    @property
    def dim(self) -> int:
        """Dimension d of θ."""
        return len(self.variables)

    @property
    def workers(self) -> int:
        """Number of workers M; a method says it, see ``for_workers``."""
        return self._workers

    @property
    def channels(self) -> int:
        """Number k of noise channels, the columns of A."""
        return self.factor_expressions.shape[1]

    @property
    def replica_block(self) -> int:
        """Replicas that are moved together when statistics are reduced."""
        return REPLICA_BLOCK

    @property
    def codimension(self) -> int:
        """Codimension m_c of Γ: the rank of ∇²L on it."""
        return self._minima.codimension(self.dim)

    @cached_property
    def gradient_expressions(self) -> tuple[Any, ...]:
        """∇L, d expressions."""
        return tuple(slope(self.expression, v) for v in self.variables)

    @cached_property
    def hessian_expressions(self) -> Any:
        """∇²L as a SymPy matrix."""
        import sympy

        first, v = self.gradient_expressions, self.variables
        upper = {(i, j): slope(first[i], v[j]) for i, j in combinations_with_replacement(range(self.dim), 2)}
        return sympy.Matrix(self.dim, self.dim, lambda i, j: upper[min(i, j), max(i, j)])

    @cached_property
    def third_expressions(self) -> list[list[list[Any]]]:
        """∇³L as nested lists [i][j][k]."""
        bends, v, axes = self.hessian_expressions, self.variables, range(self.dim)
        ordered: dict[tuple[int, ...], Any] = {
            (i, j, k): slope(bends[i, j], v[k]) for i, j, k in combinations_with_replacement(axes, 3)
        }
        return [[[ordered[tuple(sorted((i, j, k)))] for k in axes] for j in axes] for i in axes]

    @cached_property
    def factor_expressions(self) -> Any:
        """A(θ) as a SymPy matrix (d, k)."""
        return self.noise.factor(self.expression, self.variables)

    @cached_property
    def _fields(self) -> dict[str, Field]:
        return {}

    def _field(self, name: str, expressions: Callable[[], Any]) -> Field:
        if name not in self._fields:
            self._fields[name] = compiled(self.variables, expressions())
        return self._fields[name]

    def worker_loss(self, w: Float[np.ndarray, "*batch dim"], worker: int) -> Float[np.ndarray, "*batch"]:
        """Return L(θ), the same for every worker."""
        return self._field("loss", lambda: self.expression)(self.point(w, worker))

    def worker_gradient(
        self,
        w: Float[np.ndarray, "*batch dim"],
        worker: int,
        samples: Int[np.ndarray, "*batch draw"] | None = None,
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return ∇L(θ), the same for every worker.

        Raises
        ------
        BadInput
            If ``samples`` are asked for: noise comes by ``noisy_gradient``.
        """
        _refuse_samples(samples)
        return self._field("gradient", lambda: self.gradient_expressions)(self.point(w, worker))

    def worker_hvp(
        self,
        w: Float[np.ndarray, "*batch dim"],
        direction: Float[np.ndarray, "*batch dim"],
        worker: int,
        samples: Int[np.ndarray, "*batch draw"] | None = None,
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return ∇²L(θ)·v, the same for every worker: only the gradient is noisy.

        Raises
        ------
        BadInput
            If ``samples`` are asked for.
        """
        _refuse_samples(samples)
        return (self.hessian(self.point(w, worker)) @ direction[..., None])[..., 0]

    def noisy_gradient(
        self,
        w: Float[np.ndarray, "*batch dim"],
        noise: Float[np.ndarray, "*batch channel"],
        worker: int = 0,
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return ∇L(θ) + A(θ)·noise, ``noise`` being ξ/√B; the same for every worker."""
        return self.worker_gradient(w, worker) + (self.factors(w) @ noise[..., None])[..., 0]

    def hessian(self, theta: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch dim dim"]:
        """Return ∇²L(θ)."""
        return self._field("hessian", lambda: self.hessian_expressions.tolist())(self.point(theta))

    def sharpness(self, w: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """Return the largest eigenvalue of ∇²L(θ)."""
        return np.linalg.eigvalsh(self.hessian(w))[..., -1]

    def third(self, theta: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch dim dim dim"]:
        """Return ∇³L(θ)."""
        return self._field("third", lambda: self.third_expressions)(self.point(theta))

    def factors(self, theta: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch dim channel"]:
        """Return A(θ)."""
        return self._field("factors", lambda: self.factor_expressions.tolist())(self.point(theta))

    def covariance(self, theta: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch dim dim"]:
        """Return Σ(θ) = AAᵀ, of one sample."""
        factor = self.factors(theta)
        return factor @ factor.swapaxes(-1, -2)

    def curvature(self, zeta: Float[np.ndarray, "*batch dim"]) -> Curvature:
        """Return eigenpairs, ∇³L and Σ at points of Γ.

        Raises
        ------
        BadInput
            If the rank of the Hessian there is not the codimension of Γ.
        """
        zeta = self.point(zeta)
        return curvature_of(self.hessian(zeta), self.third(zeta), self.covariance(zeta), self.codimension)

    def project(self, theta: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch dim"]:
        """Return Φ(θ), where the gradient flow from θ ends.

        Raises
        ------
        BadInput
            If it must be integrated from a point that is not finite.
        NotCertified
            If the flow does not come to rest on Γ.
        """
        from sde.landscapes.projection import flow_limit

        theta = self.point(theta)
        if callable(self.given_projection):
            return np.asarray(self.given_projection(theta), dtype=np.float64)
        if self.given_projection is not None:
            return self._field("project", lambda: self.given_projection)(theta)
        return flow_limit(self, theta)

    def retract(self, theta: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch dim"]:
        """Return a point of Γ near θ: Φ(θ) where it is explicit, else along the normals by Newton's method.

        Raises
        ------
        NotCertified
            If θ is too far from Γ.
        """
        from sde.landscapes.projection import retracted

        if self.given_projection is not None:
            return self.project(theta)
        return retracted(self, self.point(theta))

    def invariant(self, theta: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch invariant"]:
        """Return the invariants q(θ)."""
        return self._field("invariant", lambda: self.invariants)(self.point(theta))

    def points(self, count: int, stream: Any) -> Float[np.ndarray, "point dim"]:
        """Return up to ``count`` random points of Γ.

        Raises
        ------
        BadInput
            Without a manifold.
        """
        uniforms = stream.at("points-of-manifold", np.arange(count)).uniform(self.dim)
        return self._minima.points(self.variables, uniforms)

    def for_workers(self, workers: int) -> "Landscape":
        """Return the landscape as M workers see it; what is compiled is shared."""
        if workers == self._workers:
            return self
        _ = self._fields, self.gradient_expressions, self.factor_expressions, self.fingerprint
        # Not ``copy.copy``, which would build the landscape anew from its parts.
        bound: Landscape = Landscape.__new__(Landscape)
        vars(bound).update(vars(self), _workers=workers)
        return bound

    def compiled(self, method: LocalMethod) -> "AbstractAdvance | None":
        """Return the fused kernel for this method, or ``None``."""
        from sde.kernels import find_advance

        return find_advance(self, method)

    def why_not_compiled(self, method: LocalMethod) -> str:
        """Return why there is no kernel; empty if there is one."""
        from sde.kernels import why_not

        return why_not(self, method)

    def content(self) -> tuple[object, ...]:
        """Return loss, variables and noise as text: the number of workers belongs to the method."""
        import sympy

        # Of samples the losses say it all, and are shorter than n differences of gradients.
        noise = (
            sympy.Tuple(*self.noise.losses)
            if isinstance(self.noise, SampleLosses)
            else sympy.Matrix(self.factor_expressions)
        )
        shown = (sympy.srepr(part) for part in (self.expression, noise))
        return (*shown, str(self.variables), repr(self.law), self.shared)

    @property
    def printable(self) -> bool:
        """Whether L and A are short enough to be read in LaTeX."""
        return few_operations((self.expression,)) and few_operations(self.factor_expressions)

    def latex(self) -> str:
        """Return L and A as LaTeX."""
        import sympy

        return rf"L = {sympy.latex(self.expression)},\quad A = {sympy.latex(self.factor_expressions)}"

    def __reduce__(self) -> tuple[Any, ...]:
        parts = (self.expression, self.variables, self.noise, self.manifold)
        return _restored, (*parts, self.given_projection, self.invariants, self.name, self._workers)

    def __repr__(self) -> str:
        return f"Landscape({self.name or self.expression}, d={self.dim}, M={self.workers})"

    @property
    def _minima(self) -> AbstractManifold:
        if self.manifold is None:
            raise BadInput(
                f"manifold = None: {self!r} does not say where its minima are; give manifold=Equations(F_1, …) or "
                "Chart(parameters, point)"
            )
        return self.manifold


def _restored(
    loss: Any,
    variables: Any,
    noise: Any,
    manifold: Any,
    project: Any,
    invariants: Any,
    name: str,
    workers: int,
) -> Landscape:
    """Return a landscape that was pickled: its parts, without what was compiled."""
    landscape = Landscape(loss, variables, noise, manifold, project=project, invariants=invariants, name=name)
    return landscape.for_workers(workers)


def _refuse_samples(samples: object) -> None:
    if samples is not None:
        raise BadInput(
            "samples are set, but a landscape has none: its noise comes by noisy_gradient(w, ξ/√B)"
        )
