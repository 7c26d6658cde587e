"""One round as an affine map of all that a method carries: the mathematics of a round, without its steps.

    (w_m, u_m) ← local work of worker m from (x, u)                   u: heavy-ball velocity
    Δ ← Σ_m a_m (w_m − x)      or, under FedNova,  τ Σ_m a_m (w_m − x)/H_m;   u ← u + Σ_m a_m (u_m − u)
    c_m ← c_m − c + (x − w_m)/(ηH_m)   or  ∇f_m(x)                    of those who take part, c = Σ_m p_m c_m
    v ← bv + Δ;   x ← x + l·v   or, Nesterov,  x + l(Δ + bv)          Δ of τ rounds before, where it is delayed

a_m = p_m where all take part.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

from implicitbias.methods import FedNova, GradientSteps, LocalMethod, Scaffold, worker_weights
from implicitbias.problems import AbstractProblem
from implicitbias.recursions.curvatures import worker_curvatures
from implicitbias.recursions.local_map import Descent, descent, exact_solve
from implicitbias.recursions.stacked import combined, Form, Layout, stacked


Work = tuple[Form, Form | None]
Workers = Float[np.ndarray, " worker"]


def layout_of(problem: AbstractProblem, method: LocalMethod, *, noisy: bool = False) -> Layout:
    """Return what the method carries: model, velocity, server velocity, control variates, changes on their way.

    ``noisy``: a last part ``noise``, what local work gathers in each (w_m, u_m), so that it can be followed.
    """
    dim, own = problem.dim, problem.dim * (2 if method.momentum else 1)
    return Layout(
        (
            ("x", dim),
            ("velocity", dim if method.momentum else 0),
            ("server", dim if method.server.momentum else 0),
            ("controls", dim * problem.workers if isinstance(method.correction, Scaffold) else 0),
            ("pending", dim * method.server.delay),
            ("noise", problem.workers * own if noisy else 0),
        )
    )


@dataclass(frozen=True, eq=False)
class RoundMap:
    """The affine maps of a method's rounds, one for each choice of who takes part.

    Attributes
    ----------
    problem, method
        Quadratic losses, and a method with constant η and H_m.
    layout
        The stacked vector z.
    """

    problem: AbstractProblem
    method: LocalMethod
    layout: Layout

    @cached_property
    def weights(self) -> Float[np.ndarray, " worker"]:
        """p_m."""
        return worker_weights(self.problem, self.method)

    @cached_property
    def steps(self) -> tuple[int, ...]:
        """H_m."""
        return self.method.steps(self.problem.workers, 0)

    @property
    def start(self) -> Work:
        """(x, u) at the start of the round."""
        return self.layout.form("x"), self.layout.form("velocity") if self.method.momentum else None

    @cached_property
    def work(self) -> list[Work]:
        """(w_m, u_m) at the end of the workers' local work; one after the other where they take turns."""
        done: list[Work] = []
        for m in range(self.problem.workers):
            start = done[-1] if done and self.method.sequential else self.start
            done.append(self._disturbed(m, self._local_work(m, *start)))
        return done

    def after(self, share: Workers, present: Bool[np.ndarray, " worker"]) -> Form:
        """Return the next state as a function of this one.

        Parameters
        ----------
        share : array (worker,)
            a_m.
        present : array (worker,)
            Who takes part, and so renews its control variate.
        """
        x, (ends, velocities) = self.layout.form("x"), zip(*self.work, strict=True)
        moves = [end - x for end in ends]
        if self.method.sequential:
            return self._served(moves[-1], [v for v in velocities[-1:] if v is not None], [])
        kept = self.layout.form("velocity")
        velocity = [kept + combined(share, [v - kept for v in velocities])] if self.method.momentum else []
        change = combined(share * self._normalisation(share), moves)
        return self._served(change, velocity, self._controls(moves, present))

    def _normalisation(self, share: Workers) -> Workers:
        """Return 1, or τ/H_m under FedNova, τ = Σ a_m H_m unless it is given."""
        correction, steps = self.method.correction, np.array(self.steps)
        if not isinstance(correction, FedNova):
            return np.ones(len(steps))
        effective = correction.effective_steps
        return (share @ steps if effective is None else effective) / steps

    def descent(self, worker: int, x: Form, velocity: Form | None) -> Descent:
        """Return the gradient steps of worker m from there."""
        hessians, pulls = worker_curvatures(self.problem)
        force = self._correction(worker) + pulls[worker]
        return descent(self.method, hessians[worker], force, x, velocity, worker)

    def _local_work(self, worker: int, x: Form, velocity: Form | None) -> Work:
        if isinstance(self.method.local_solver, GradientSteps):
            end, speed = self.descent(worker, x, velocity).after(self.steps[worker])
            return end, None if velocity is None else speed
        hessians, pulls = worker_curvatures(self.problem)
        return exact_solve(self.method, hessians[worker], pulls[worker], x), None

    def _disturbed(self, worker: int, work: Work) -> Work:
        """Return local work with the noise that it has gathered on the way."""
        if not self.layout.length("noise"):
            return work
        (x, velocity), dim = work, self.problem.dim
        parts = self.layout.pieces("noise", dim)
        if velocity is None:
            return x + parts[worker], None
        return x + parts[2 * worker], velocity + parts[2 * worker + 1]

    def _correction(self, worker: int) -> Form:
        """Return c_m − c."""
        zero = Form(np.zeros((self.problem.dim, self.layout.size)), np.zeros(self.problem.dim))
        controls = self.layout.pieces("controls", self.problem.dim)
        return controls[worker] - combined(self.weights, controls) if controls else zero

    def _controls(self, moves: list[Form], present: Bool[np.ndarray, " worker"]) -> list[Form]:
        """Return the control variates after the round, none if there are none."""
        old = self.layout.pieces("controls", self.problem.dim)
        return [self._renewed(m, moves[m]) if present[m] else control for m, control in enumerate(old)]

    def _renewed(self, worker: int, move: Form) -> Form:
        """Return c_m − c + (x − w_m)/(ηH_m), or ∇f_m(x)."""
        correction = self.method.correction
        if isinstance(correction, Scaffold) and correction.option == "gradient":
            hessians, pulls = worker_curvatures(self.problem)
            return hessians[worker] @ self.layout.form("x") + (-pulls[worker])
        return self._correction(worker) - (1.0 / (self.method.first_lr * self.steps[worker])) * move

    def _served(self, change: Form, velocity: list[Form], controls: list[Form]) -> Form:
        """Return the state once the server has applied the change that is due."""
        server, x = self.method.server, self.layout.form("x")
        due, *pending = [*self.layout.pieces("pending", self.problem.dim), change]
        if not server.momentum:
            return stacked([x + server.rate * due, *velocity, *controls, *pending])
        speed = server.momentum * self.layout.form("server") + due
        move = due + server.momentum * speed if server.nesterov else speed
        return stacked([x + server.rate * move, *velocity, speed, *controls, *pending])
