"""Why crude constants never predict a gain of scaling: (d_min/d_max)μ/(8L) ≤ μ/(8L), by algebra."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from implicitbias import Stream
from implicitbias.scaled import Constants, crude_rate
from paper_repro.claims import (
    Claim,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    symbolic,
    Traces,
)


FORM = "best crude contraction per step is (d_min/d_max)μ/(8L)"
GAIN = "crude constants predict a gain somewhere"
CODE = "relative difference of the implemented rate"

# Products and quotients of four numbers.
ROUNDING = 16 * np.finfo(float).eps


@dataclass(frozen=True)
class CrudeKnobs:
    """Constants at which the implementation is evaluated."""

    smoothness: float = knob(2.0, "L", "smoothness", low=0.1, high=100.0, log=True)
    condition: float = knob(100.0, "L/μ", "condition number", low=1.0, high=1e6, log=True)
    floor: float = knob(0.1, "d_min", "floor", low=1e-4, high=10.0, log=True)


@dataclass(frozen=True)
class CrudeCase:
    """The knobs, and spreads d_max/d_min."""

    knobs: CrudeKnobs
    spreads: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0, 100.0, 1000.0)

    def constants(self, spread: float) -> Constants:
        """Return constants of a method at its largest admitted step, d_min/(4L)."""
        knobs = self.knobs
        return Constants(
            smoothness=knobs.smoothness,
            strong_convexity=knobs.smoothness / knobs.condition,
            noise=1.0,
            floor=knobs.floor,
            ceiling=spread * knobs.floor,
            workers=2,
            local_steps=1,
            lr=knobs.floor / (4.0 * knobs.smoothness),
        )


def setup(knobs: CrudeKnobs, stream: Stream) -> CrudeCase:
    """Return the case of the knobs; nothing is random."""
    del stream
    return CrudeCase(knobs)


def observe(case: CrudeCase, traces: Traces) -> Observation:
    """Maximise a/2 = ημ/(2 d_max) over η ≤ d_min/(4L) and compare with no scaling, in symbols; then by the code."""
    del traces
    import sympy

    smooth, mu, low, room = sympy.symbols("L mu d_min u", positive=True)
    # Every d_max ≥ d_min is d_min(1 + u), u ≥ 0.
    high, share = low * (1 + room), sympy.Symbol("s", positive=True)
    contraction = (share * low / (4 * smooth)) * mu / (2 * high)
    rising = sympy.diff(contraction, share).is_positive
    best = contraction.subs(share, 1)
    form = rising and sympy.simplify(best - low / high * mu / (8 * smooth)) == 0
    plain = mu / (8 * smooth)
    gain = not _nonnegative(sympy.simplify((plain - best) / plain), sympy)
    rates = np.array([crude_rate(case.constants(s)) for s in case.spreads])
    steps = [case.constants(s) for s in case.spreads]
    by_theorem = np.array([c.lr * c.scaled.strong_convexity / 2.0 for c in steps])
    quantities = {
        FORM: Measured(0.0 if form else 1.0),
        GAIN: Measured(1.0 if gain else 0.0),
        CODE: Measured(np.abs(rates / by_theorem - 1.0).max()),
    }
    relative = rates * 8.0 * case.knobs.smoothness / (case.knobs.smoothness / case.knobs.condition)
    return Observation(quantities, (Curve(np.array(case.spreads), relative, "best rate of crude T1"),))


def _nonnegative(loss: Any, sympy: Any) -> bool:
    """Whether numerator and denominator are sums of products of positive symbols."""
    return all(sympy.expand(part).is_nonnegative for part in sympy.fraction(sympy.together(loss)))


def predict(case: CrudeCase) -> Prediction:
    """The form, and no gain for any constants."""
    spread = np.geomspace(case.spreads[0], case.spreads[-1], 50)
    lines = (
        Curve(spread, 1.0 / spread, "d_min/d_max", "theory"),
        Curve(spread, np.ones(50), "no scaling", "reference"),
    )
    code = Predicted(0.0, ROUNDING, reason="rounding of products")
    return Prediction({FORM: Predicted(0.0), GAIN: Predicted(0.0), CODE: code}, lines)


def a_gain(case: CrudeCase) -> Prediction:
    """Some d_min < d_max for which the crude rate is above that of no scaling."""
    del case
    return Prediction({GAIN: Predicted(1.0)})


PROOF = r"""T1 contracts by $\frac{\eta\mu}{2d_{\max}}$ per step for $\eta\le\frac{d_{\min}}{4L}$; that rises with
$\eta$, so the best is $\frac{d_{\min}}{d_{\max}}\frac\mu{8L}$. With $d_{\max}=d_{\min}(1+u)$, $u\ge0$, it falls short
of $\frac\mu{8L}$, the rate for $\hat D=I$, by the share $\frac u{1+u}\ge0$. Nothing about the problem or about $\hat
D$ but its extreme entries has entered, so nothing can show a gain: only $\kappa_D=L_D/\mu_D$ can."""

CLAIM = Claim(
    key="derived/scaling-crude-rate",
    title="With d_min and d_max alone T1 never predicts a benefit of scaling, whatever the problem",
    statement=(
        r"The best contraction per step that T1 gives with crude constants $L/d_{\min}$, $\mu/d_{\max}$ is "
        r"$\frac{d_{\min}}{d_{\max}}\frac\mu{8L}\le\frac\mu{8L}$: at most that of no scaling."
    ),
    hypotheses=("0 < d_min ≤ d_max", "η ≤ d_min/(4L)", "constants enter as L/d_min and μ/d_max"),
    reference=Reference("derived", "T1 with crude constants"),
    source="derived",
    proof=PROOF,
    knobs=CrudeKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=symbolic,
    falsifiers=(Falsifier("crude constants predict a gain", "scaling helps in practice", predict=a_gain),),
    see=("derived/scaling-metric", "derived/scaling-constant-diagonal"),
    axes=("d_max/d_min", "rate over that of no scaling", "log", "log"),
)
