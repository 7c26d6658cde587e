"""The main finding as a grid: a small learning rate, a long training and enough local steps, or no gain at all."""

from collections.abc import Callable
from dataclasses import dataclass

from implicitbias import local_sgd, RecordAt, RunSpec, Stream
from paper_repro.claims import (
    Budget,
    Claim,
    Falsifier,
    knob,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Relation,
    statistical,
    Traces,
)
from paper_repro.claims.ensembles import mean_of
from paper_repro.claims.extrapolation import divergence
from paper_repro.papers.gu2023.sparse_setting import (
    network,
    phases_of,
    Plan,
    plan_of,
    predicted_path,
    SparseKnobs,
    start_of,
)


# ηλ is about 0.08 and 0.6: the limit η → 0 is near, and far away.
SMALL, LARGE = 0.01, 0.08
# Trainings at the large rate are louder: they get so many times the replicas.
LOUD = 2
# ηH = 0.02 for a mode of rate 2λ = 15.
FEW = 2
# The gain is there if it is most of what the slow SDE says, and gone if it is little of that.
THERE, GONE = 0.75, 0.25

ALL = "gain: small lr, long training, H = α/η"
FEW_STEPS = f"gain: small lr, long training, H = {FEW}"
SHORT_TRAINING = "gain: small lr, one round of training, H = α/η"
LARGE_RATE = "gain: large lr, as many steps, H = α/η"
CELLS = (ALL, FEW_STEPS, SHORT_TRAINING, LARGE_RATE)


@dataclass(frozen=True)
class GridKnobs:
    """The network of the held-out error, B = 1."""

    workers: int = knob(4, "M", "workers", low=4, high=5)
    alpha: float = knob(1.0, "α", "time ηH of a round of Local SGD", low=0.95, high=1.3)
    scale: float = knob(0.8, "u(0)", "size of the weights at the start", low=0.7, high=1.0)


@dataclass(frozen=True)
class GridCase:
    """Trainings at two learning rates with one α and one number of steps, and the noise all of them share."""

    small: Plan
    large: Plan
    stream: Stream

    @property
    def large_steps(self) -> int:
        """Steps at the large learning rate: those of the long training, in whole rounds."""
        return self.small.steps // self.large.local_steps * self.large.local_steps


def setup(knobs: GridKnobs, stream: Stream) -> GridCase:
    """Return the case of the knobs."""
    own = SparseKnobs(knobs.workers, 1.0, knobs.alpha, knobs.scale)
    return GridCase(plan_of(own, SMALL), plan_of(own, LARGE), stream.child("labels"))


def needs(case: GridCase, budget: Budget) -> tuple[RunSpec, ...]:
    """For every cell SGD and Local SGD; SGD is Local SGD with H = 1, and sees the same noise step by step."""
    replicas = budget.pick(smoke=32, quick=256, paper=4000)
    small, large = case.small, case.large
    short = small.local_steps
    cells = (
        (small, small.steps, (1, small.local_steps, FEW), replicas),
        (small, short, (1, small.local_steps), replicas),
        (large, case.large_steps, (1, large.local_steps), LOUD * replicas),
    )
    return tuple(
        _spec(plan, steps, local_steps, count, case.stream)
        for plan, steps, tried, count in cells
        for local_steps in tried
    )


def _spec(plan: Plan, steps: int, local_steps: int, replicas: int, stream: Stream) -> RunSpec:
    knobs = plan.knobs
    method = local_sgd(plan.lr, local_steps, knobs.total_batch / knobs.workers, workers=knobs.workers)
    start = tuple(start_of(knobs).tolist())
    landscape = network().landscape
    return RunSpec(landscape, method, steps // local_steps, RecordAt.last(), start, replicas, stream)


def observe(case: GridCase, traces: Traces) -> Observation:
    """Measure the gain |w − w*|² of SGD minus that of Local SGD, of the averaged model itself, pair by pair."""
    del case
    long, local, few, short, short_local, large, large_local = (
        network().held_out_error(t.w[:, -1]) for t in traces
    )
    gains = (long - local, long - few, short - short_local, large - large_local)
    measured = {cell: mean_of(g, len(CELLS)) for cell, g in zip(CELLS, gains, strict=True)}
    return Observation(measured, undecided=divergence(traces))


def slow_gain(plan: Plan) -> float:
    """Return the gain of Local SGD over SGD that the slow ODE predicts for the long training."""
    alpha, end = plan.lr * plan.local_steps, float(plan.slow_times[-1])
    sgd, local = (
        network().held_out_error(predicted_path(plan.knobs, end, phases_of(name, alpha, 1))[-1])
        for name in ("sgd", "local_sgd")
    )
    return float(sgd - local)


def predict(case: GridCase) -> Prediction:
    """Most of the slow SDE's gain where nothing is removed, little of it elsewhere."""
    return there(ALL)(case)


def there(*cells: str) -> Callable[[GridCase], Prediction]:
    """Return the prediction that these cells have the gain, and the others have not."""

    def predicted(case: GridCase) -> Prediction:
        gain = slow_gain(case.small)
        least, most = (
            Predicted(THERE * gain, relation=Relation.AT_LEAST),
            Predicted(GONE * gain, relation=Relation.AT_MOST),
        )
        return Prediction({cell: least if cell in cells else most for cell in CELLS})

    return predicted


CLAIM = Claim(
    key="gu2023/removing-either",
    title="Local SGD gains with a small lr, a long training and ηH of order 1/λ; take one away and the gain is gone",
    statement=(
        r"A small learning rate and a long enough training give Local SGD its gain over SGD; remove either and it is "
        r"gone [stated, abstract]; $H$ must be at least of order $1/\eta$ [recalled]. Here, in numbers: the error on "
        r"fresh features of the averaged model of a diagonal network with sparse truth, SGD's minus Local SGD's, at "
        r"$\eta=0.01$ after a slow time of $0.32$ with $\eta H=\alpha$, is at least three quarters of what the slow "
        r"SDE says; it is at most one quarter of that with $H=2$, or after one round, or at $\eta=0.08$ with the same "
        r"$\alpha$ and as many steps: there SGD has arrived as well, and what is left is noise, louder for workers "
        r"that average seldom. At the same slow time the gain fades with $\eta$, to about half at $\eta=0.08$. Three "
        r"quarters and one quarter are our reading of is there, is gone."
    ),
    hypotheses=(
        "label noise δ = 1, B = 1; the same noise, step by step, for SGD and Local SGD",
        "ηλ = 0.08 at the small learning rate, ηλ = 0.6 and ηM = 0.3 at the large one",
    ),
    reference=Reference("gu2023", "main finding (abstract); the network and the grid are ours", ("v2",)),
    source="stated",
    knobs=GridKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier(
            "a large learning rate is as good",
            "a larger learning rate trains faster, and local steps train faster still",
            there(ALL, LARGE_RATE),
        ),
        Falsifier(
            "a short training is as good",
            "at the small learning rate local steps could help at once",
            there(ALL, SHORT_TRAINING),
        ),
        Falsifier(
            "the number of local steps does not matter",
            "two local steps already are no parallel SGD",
            there(ALL, FEW_STEPS),
        ),
        Falsifier(
            "Local SGD gains nothing",
            "equal steps, equal batch: the conventional SDE cannot tell the two apart",
            there(),
        ),
    ),
    see=("gu2023/held-out-error", "gu2023/too-long-rounds"),
)
