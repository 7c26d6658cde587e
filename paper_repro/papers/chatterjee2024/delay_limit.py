"""Changes that arrive τ rounds late: the server is stable up to 2 sin(π/(2(2τ + 1))), and no further."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import fedavg, LocalMethod, Quadratics, RecordAt, Server, Stream
from implicitbias.recursions import delay_limit
from paper_repro.claims import (
    Budget,
    Claim,
    closed_form,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Traces,
)


LIMIT, GROWTH = "lc at which errors begin to grow", "factor per round"
# lc from this share of the limit to as much above it, an odd number of values with the limit between two of them.
WIDTH, VALUES = 0.3, 40
# Windows of so many rounds in units of 2τ + 1, each of which sees every phase of the slowest oscillation.
WINDOW, WINDOWS = 4, 24


@dataclass(frozen=True)
class DelayKnobs:
    """Delay, local steps, and the server's rate."""

    delay: int = knob(5, "τ", "rounds by which changes are late", low=1, high=12)
    local_steps: int = knob(4, "H", "local steps", low=1, high=16, log=True)
    rate: float = knob(1.5, "l", "server rate", low=1.4, high=4.0)


@dataclass(frozen=True)
class DelayCase:
    """Two workers with the same diagonal Hessian, so that every coordinate tries another lc."""

    knobs: DelayKnobs

    @property
    def limit(self) -> float:
        """2 sin(π/(2(2τ + 1)))."""
        return delay_limit(self.knobs.delay)

    @property
    def values(self) -> Float[np.ndarray, " value"]:
        """The lc that are tried."""
        return self.limit * np.linspace(1.0 - WIDTH, 1.0 + WIDTH, VALUES)

    @property
    def curvatures(self) -> Float[np.ndarray, " value"]:
        """λ with l(1 − (1 − λ)^H) = lc, for η = 1."""
        return 1.0 - (1.0 - self.values / self.knobs.rate) ** (1.0 / self.knobs.local_steps)

    @property
    def problem(self) -> Quadratics:
        """½Σλw² on both workers."""
        return Quadratics(np.stack([np.diag(self.curvatures)] * 2), np.zeros((2, VALUES)))

    @property
    def method(self) -> LocalMethod:
        """FedAvg with a late server."""
        server = Server(self.knobs.rate, delay=self.knobs.delay)
        return fedavg(1.0, self.knobs.local_steps, None, server=server)

    @property
    def window(self) -> int:
        """Rounds of a window."""
        return WINDOW * (2 * self.knobs.delay + 1)

    def radius(self, value: float) -> float:
        """Largest modulus of a root of z^{τ+1} = z^τ − lc."""
        coefficients = np.zeros(self.knobs.delay + 2)
        coefficients[0], coefficients[1] = 1.0, -1.0
        coefficients[-1] += value
        return float(np.abs(np.roots(coefficients)).max())


def setup(knobs: DelayKnobs, stream: Stream) -> DelayCase:
    """Return the case of the knobs."""
    del stream
    return DelayCase(knobs)


def needs(case: DelayCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run from 1 in every coordinate."""
    del budget
    rounds = WINDOWS * case.window
    return (RunSpec(case.problem, case.method, rounds, RecordAt.every(1), (1.0,) * VALUES),)


def observe(case: DelayCase, traces: Traces) -> Observation:
    """Compare the largest errors of windows in the second half of the run."""
    errors = np.abs(traces[0].w[0, 1:]).reshape(WINDOWS, case.window, VALUES)
    largest = np.log(errors.max(axis=1))[WINDOWS // 2 :]
    growth = np.exp(np.diff(largest, axis=0).mean(axis=0) / case.window)
    first = int(np.argmax(growth > 1.0))
    low, high = case.values[first - 1], case.values[first]
    found = Measured(float(0.5 * (low + high)), float(0.5 * (high - low)))
    curve = Curve(case.values / case.limit, growth, "FedAvg with a late server", method="fedavg")
    return Observation({LIMIT: found}, (curve,))


def at(limit: Callable[[float], float]) -> Callable[[DelayCase], Prediction]:
    """Return the claim of another limit, a function of τ."""
    return lambda case: Prediction({LIMIT: Predicted(limit(case.knobs.delay), spacing(case))})


def spacing(case: DelayCase) -> float:
    """Return the distance of the lc that are tried."""
    return float(case.values[1] - case.values[0])


def predict(case: DelayCase) -> Prediction:
    """2 sin(π/(2(2τ + 1)))."""
    grid = np.linspace(1.0 - WIDTH, 1.0 + WIDTH, 200)
    lines = (
        Curve(grid, np.array([case.radius(x * case.limit) for x in grid]), "companion matrix", "theory"),
        Curve(grid, np.ones(200), "neither grows nor decays", "reference"),
    )
    return Prediction(
        {LIMIT: Predicted(case.limit, spacing(case), reason="values of lc that are tried")}, lines
    )


CLAIM = Claim(
    key="chatterjee2024/delay-limit",
    title="Changes that are τ rounds late are stable for lc < 2 sin(π/(2(2τ + 1))), and not beyond",
    statement=(
        r"$w^{r+1}=w^r+l\Delta^{r-\tau}$ with the average move $\Delta$ of $H$ local steps on quadratics with a common "
        r"Hessian is stable along curvature $\lambda$ iff $lc<2\sin\frac{\pi}{2(2\tau+1)}$, $c=1-(1-\eta\lambda)^H$: "
        r"for $H=1$, $l=1$, $\eta\lambda<2,\ 1,\ .618,\ .285,\ .149$ at $\tau=0,1,2,5,10$."
    ),
    hypotheses=("common quadratic loss, 0 < ηλ ≤ 1", "every change is late by the same τ"),
    reference=Reference("chatterjee2024", "late updates; the limit is classical, proved here"),
    source="derived",
    proof=(
        r"$e^{r+1}=e^r-lce^{r-\tau}$ has the characteristic equation $z^{\tau+1}-z^\tau+a=0$, $a=lc$. For small $a>0$ "
        r"all roots are inside: that near 1 is $1-a+O(a^2)$, the others are small. A root on the circle, "
        r"$z=e^{i\phi}$, needs $e^{i\tau\phi}(1-e^{i\phi})=a$: "
        r"modulus $2\sin\frac\phi2=a$, and the argument $\tau\phi+\frac{\phi-\pi}2$ is a multiple of $2\pi$, so that "
        r"$\phi=\frac{(4k+1)\pi}{2\tau+1}$. The least such $a$ is that of $k=0$; there "
        r"$\frac{d|z|}{da}>0$, and roots that have left do not return, for $\frac{d|z|}{da}>0$ at every crossing: from "
        r"$a=z^\tau-z^{\tau+1}$, $\frac{d\log z}{d\log a}=\frac{1-z}{\tau-(\tau+1)z}$, whose real part on the circle "
        r"has the sign of $(2\tau+1)(1-\cos\phi)$."
    ),
    knobs=DelayKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "1/τ",
            "a sufficient condition of many proofs; it also rejects stable points",
            at(lambda t: 1.0 / t),
        ),
        Falsifier("2, as without delay", "the step is no larger", at(lambda t: 2.0)),
        Falsifier("2/(τ + 1)", "τ + 1 changes are under way at a time", at(lambda t: 2.0 / (t + 1.0))),
    ),
    see=("douillard2023/outer-rate",),
    axes=("lc over 2 sin(π/(2(2τ + 1)))", "factor per round", "linear", "linear"),
)
