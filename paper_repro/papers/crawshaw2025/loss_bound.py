"""Past its unstable phase Local GD has f ≤ 16/(γ²ηH(r − r_c)), also where ηH is far too long for a steady descent."""

from dataclasses import dataclass

import numpy as np

from implicitbias import LinearClassification, local_gd, LocalMethod, Logistic, max_margin, RecordAt, Stream
from implicitbias.bounds import crawshaw_threshold
from implicitbias.data import iid, opposed_pair, Samples, separable
from implicitbias.loss_bounds import CRAWSHAW_LOSS, local_loss_bound
from paper_repro.claims import (
    bound,
    Budget,
    Claim,
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
from paper_repro.claims.verdict import Relation


VALUE = "γ²ηH(r − r_c) f(w^r)"
STEADY = "largest f(w^{r+1})/f(w^r) from r_c on"
RISE = "largest f(w^{r+1})/f(w^r)"
# Rises come early: the first rounds are all recorded.
WATCHED = 50
RECORDS = 120
# Margins of size z carry a rounding of a few ε·z, which is that of log f; z stays below 10⁴.
ROUNDING = 1e-11


@dataclass(frozen=True)
class LocalStepKnobs:
    """Workers that disagree, and steps far too long for gradient descent to be monotone."""

    data: str = knob("opposed", "X", "data set", choices=("opposed", "random"))
    margin: float = knob(0.25, "γ", "margin", low=0.2, high=0.5)
    lr: float = knob(64.0, "η", "learning rate", low=1.0, high=256.0, log=True)
    local_steps: int = knob(32, "H", "local steps", low=1, high=64, log=True)


@dataclass(frozen=True)
class LocalStepCase:
    """A logistic problem over workers, its margin, and Local GD."""

    problem: LinearClassification
    margin: float
    method: LocalMethod

    @property
    def lr(self) -> float:
        """η."""
        return self.method.first_lr

    @property
    def local_steps(self) -> int:
        """H."""
        return self.method.steps(self.problem.workers, 0)[0]

    @property
    def threshold(self) -> float:
        """γ/(70ηHM), but no more than min p_i log 2: below it every margin is positive."""
        stable = crawshaw_threshold(
            self.margin, lr=self.lr, local_steps=self.local_steps, workers=self.problem.workers
        )
        return min(stable.value, float(np.log(2.0) * self.problem.sample_weights.min()))


def setup(knobs: LocalStepKnobs, stream: Stream) -> LocalStepCase:
    """Return rows of length at most 1 on two workers."""
    samples = distributed(knobs, stream)
    problem = LinearClassification(samples.features, samples.labels, workers=samples.workers, loss=Logistic())
    return LocalStepCase(problem, max_margin(problem).margin, local_gd(knobs.lr, knobs.local_steps))


def long_steps(knobs: LocalStepKnobs, stream: Stream) -> LocalStepCase:
    """Return the opposed pair with ηH = 2048 and H = 32, whatever the knobs: there the factors tell."""
    del knobs
    return setup(LocalStepKnobs(), stream)


def distributed(knobs: LocalStepKnobs, stream: Stream) -> Samples:
    """Return the opposed pair, one row per worker, or planted rows dealt to two workers."""
    if knobs.data == "opposed":
        return opposed_pair(knobs.margin).with_workers(np.arange(2))
    samples = separable(stream, samples=6, dim=3, margin=knobs.margin).samples
    return samples.with_workers(iid(samples, 2, stream))


def needs(case: LocalStepCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run from 0, a few times as long as the phase before r_c."""
    rounds = budget.pick(smoke=25_000, quick=60_000, paper=3_000_000)
    kept = np.union1d(np.arange(WATCHED), RecordAt.log(RECORDS).rounds(rounds))
    return (RunSpec(case.problem, case.method, rounds, record=RecordAt.these(kept.tolist())),)


def observe(case: LocalStepCase, traces: Traces) -> Observation:
    """Find r_c, the first record below the threshold, and measure the loss after it, and its rises."""
    (trace,) = traces
    rounds, f, rises = trace.rounds, trace.loss[0], np.exp(np.diff(trace.log_loss[0]))
    past = np.flatnonzero(f <= case.threshold)
    curve = Curve(rounds + 1, f, "f(w^r)", method="local_gd")
    level = Curve(rounds + 1, np.full(len(f), case.threshold), "threshold that defines r_c", "reference")
    if len(past) < 2:
        unknown = {name: Measured(0.0, np.inf) for name in (VALUE, STEADY, RISE)}
        return Observation(unknown, (curve, level), "the run ended before the threshold")
    first = past[0]
    later, limits = rounds[first + 1 :], [_limit(case, int(r - rounds[first])) for r in rounds[first + 1 :]]
    quantities = {
        VALUE: Measured(CRAWSHAW_LOSS * f[first + 1 :] / limits),
        STEADY: Measured(rises[first:]),
        RISE: Measured(rises),
    }
    theory = Curve(later + 1, np.array(limits), "16/(γ²ηH(r − r_c))", "theory")
    without = Curve(later + 1, np.array(limits) / case.local_steps, "with H² for H", "falsifier")
    unit = rounds[first] * case.margin**3 / (case.lr * case.local_steps * case.problem.workers)
    note = f"r_c = {rounds[first]}, or {unit:.3g} ηHM/γ³"
    return Observation(quantities, (curve, theory, without, level), note=note)


def _limit(case: LocalStepCase, rounds: int) -> float:
    return local_loss_bound(case.margin, lr=case.lr, local_steps=case.local_steps, rounds=rounds).value


def predict(case: LocalStepCase) -> Prediction:
    """At most 16, and no rise from r_c on."""
    del case
    return Prediction({VALUE: Predicted(CRAWSHAW_LOSS, relation=Relation.AT_MOST), STEADY: no_rise()})


def no_rise() -> Predicted:
    """A ratio of consecutive losses of at most 1."""
    return Predicted(1.0, ROUNDING, Relation.AT_MOST, "rounding of the margins in log f")


PROOF = r"""The source gives $r_c$ only as $\tilde O(\eta HM/\gamma^3)$. Taken as the first round with $f \le \min\{
\gamma/(70\eta HM), p_i\log2\}$, the bound follows from its lemma $|b_r| \le |\nabla f|/5$
(`crawshaw2025/drift-threshold`). A round moves $w$ by at most $\frac65\eta H|\nabla f| \le \frac65\eta Hf \le
\frac65\cdot\frac1{70} < 0.018$, over which the curvature, at most $f$ at $w^r$, grows by $e^{0.018}$ at most.
Hence $f(w^{r+1}) \le f - \eta H|\nabla f|^2(1 - \frac15 - \frac12\cdot\frac{36}{25}\cdot
e^{0.018}\cdot\frac1{70}) \le f - 0.78\,\eta H|\nabla f|^2$: the loss falls, and stays below the threshold.
There all $\ell(z_i) \le f/p_i \le \log2$, so the margins are positive, $|\ell'| \ge \ell/2$ and $|\nabla f| \ge
\gamma f/2$; so $1/f$ grows by $0.19\,\gamma^2\eta H$ a round at least, and $f \le 5.2/(\gamma^2\eta H(r-r_c))$.
In the end $\gamma^2\eta Hr f \to 1$: the tightness tends to $1/16$. (Here $b_x = 1$.)"""

CLAIM = Claim(
    key="crawshaw2025/loss-bound",
    title="Past its unstable phase Local GD has f ≤ 16/(γ²ηH(r − r_c)), for any ηH",
    statement=(
        r"Local GD on the logistic loss with any $\eta > 0$ and $H \ge 1$: $f(w^r) \le \frac{16}{\gamma^2\eta H(r-r_c)}"
        r"$ for $r > r_c = \tilde O(\eta HM/\gamma^3)$. For large $\eta H$ the loss rises before it falls. As the "
        r"source's $r_c$ is known to us up to constants and logarithms only, $r_c$ is here the first round with $f "
        r"\le \gamma/(70\,\eta HM)$ and positive margins, where its lemma begins to hold; how $r_c$ scales is not "
        r"checked, but noted."
    ),
    hypotheses=(
        "separable data, margin γ > 0, row norms at most 1 (recalled)",
        "logistic loss, w⁰ = 0, any η > 0 and H ≥ 1",
    ),
    reference=Reference("crawshaw2025", "Theorem 4.2, with our reading of r_c", ("ICML 2025",)),
    source="second-hand",
    proof=PROOF,
    knobs=LocalStepKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=bound,
    falsifiers=(
        Falsifier(
            "H² for H",
            "local steps seem to help twice, as steps and as drift; H > 16 tells",
            lambda case: Prediction(
                {VALUE: Predicted(CRAWSHAW_LOSS / case.local_steps, relation=Relation.AT_MOST)}
            ),
            setup=long_steps,
        ),
        Falsifier(
            "the loss is monotone for every ηH",
            "each worker's own loss falls at every local step, but the average of the workers' models may undo it",
            lambda case: Prediction({RISE: no_rise()}),
            setup=long_steps,
        ),
    ),
    see=("crawshaw2025/drift-threshold", "derived/onset", "wu2024/stable-phase"),
    axes=("communication round r + 1", "loss", "log", "log"),
)
