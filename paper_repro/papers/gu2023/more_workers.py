"""More workers: at a fixed total batch the drift grows, at a fixed batch per worker Local SGD keeps what SGD loses."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from paper_repro.claims import (
    Budget,
    Claim,
    Curve,
    Falsifier,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    sampled_limit,
    Traces,
)
from paper_repro.claims.halved import at_zero_rate
from paper_repro.papers.gu2023.valley_setting import LR, setup, sharpness_of, ValleyCase, ValleyKnobs


WORKERS = (2, 4, 8)
# α = ηH = ¼: neither no gain nor all of it.
H = round(0.25 / LR)
TOTAL = f"sharpness at the total batch B, M = {', '.join(map(str, WORKERS))}, η → 0"
LOCAL = f"sharpness at B/2 for every worker, M = {', '.join(map(str, WORKERS))}, η → 0"
SGD = f"SGD with the batch MB/2, M = {', '.join(map(str, WORKERS))}, η → 0"

# (workers, time of a round) ↦ workers and time of a round that the slow ODE is given.
Law = Callable[[int, float], tuple[int, float]]


def batches(case: ValleyCase, workers: int) -> tuple[float, float]:
    """Return the total batch when B is fixed, and when B/2 is the batch of every worker."""
    return case.knobs.total_batch, case.knobs.total_batch * workers / 2.0


def needs(case: ValleyCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Local SGD at both batches, and SGD with that of all workers, at η and at η/2."""
    replicas = budget.pick(smoke=16, quick=128, paper=4000)
    runs = []
    for lr, local_steps in ((LR, H), (LR / 2, 2 * H)):
        for workers in WORKERS:
            fixed, grown = batches(case, workers)
            runs.append(case.spec(lr, local_steps, replicas, workers=workers, total_batch=fixed))
            runs.append(case.spec(lr, local_steps, replicas, workers=workers, total_batch=grown))
            runs.append(case.spec(lr, 1, replicas, workers=1, total_batch=grown))
    return tuple(runs)


def observe(case: ValleyCase, traces: Traces) -> Observation:
    """Extrapolate the sharpness."""
    del case
    values = np.stack([sharpness_of(t) for t in traces], axis=1).reshape(-1, 2, len(WORKERS), 3)
    found = at_zero_rate(values[:, 0], values[:, 1], 3 * len(WORKERS))
    value, error = np.asarray(found.value), np.asarray(found.error)
    quantities = {name: Measured(value[:, k], error[:, k]) for k, name in enumerate((TOTAL, LOCAL, SGD))}
    labels = ("Local SGD, B fixed (falls)", "Local SGD, B/M fixed (levels off)", "SGD, B/M fixed (rises)")
    return Observation(quantities, tuple(_curve(value, error, k, label) for k, label in enumerate(labels)))


def _curve(value: np.ndarray, error: np.ndarray, column: int, label: str) -> Curve:
    mean, width = value[:, column], error[:, column]
    method = "sgd" if label.startswith("SGD") else "local_sgd"
    return Curve(np.array(WORKERS, dtype=float), mean, label, "measured", method, mean - width, mean + width)


def by(law: Law) -> Callable[[ValleyCase], Prediction]:
    """Return the prediction of the slow ODE for other workers and another α than the method's."""

    def predicted(case: ValleyCase) -> Prediction:
        rows = _sharpness(case, law)
        quantities = {name: Predicted(rows[:, k]) for k, name in enumerate((TOTAL, LOCAL, SGD))}
        x = np.array(WORKERS, dtype=float)
        curves = tuple(
            Curve(x, rows[:, k], label, "theory", method)
            for k, (label, method) in enumerate((("slow ODE", "local_sgd"), ("", "local_sgd"), ("", "sgd")))
        )
        return Prediction(quantities, curves)

    return predicted


def _sharpness(case: ValleyCase, law: Law) -> Float[np.ndarray, "workers run"]:
    """Return the sharpness of the three runs for every M."""
    seen = [law(m, LR * H) for m in WORKERS]
    fixed, grown = zip(*(batches(case, m) for m in WORKERS), strict=True)
    alphas = [alpha for _, alpha in seen]
    found = case.sharpness(
        *alphas,
        *alphas,
        *(0.0 for _ in WORKERS),
        workers=3 * tuple(m for m, _ in seen),
        total_batch=(*fixed, *grown, *grown),
    )
    return found.reshape(3, len(WORKERS)).T


CLAIM = Claim(
    key="gu2023/more-workers",
    title="More workers: the drift is (1 + (M − 1)ψ)/B, so that Local SGD keeps at fixed B/M what SGD loses",
    statement=(
        r"On the valley $\frac12(1+x^2)y^2$ with label noise, $\alpha=\eta H=\frac14$, the sharpness falls with the "
        r"drift $(1+(M-1)\psi(2\alpha h))/B$. At a fixed total batch $B$ it grows with $M$ without bound; at a fixed "
        r"batch $B_{\mathrm{loc}}=B/M$ it is $(\frac1M+(1-\frac1M)\psi)/B_{\mathrm{loc}}$ and tends to "
        r"$\psi/B_{\mathrm{loc}}$, while that of parallel SGD, $1/(MB_{\mathrm{loc}})$, vanishes."
    ),
    hypotheses=(
        "label noise ±δ, fresh at every step",
        "2E_{η/2} − E_η at η = 0.05, all that it moved kept as an error",
    ),
    reference=Reference("gu2023", "drift of the slow SDE; the valley is ours", ("v2",)),
    source="derived",
    proof=(
        r"The slow SDE has the drift $-\frac{1}{2B}P_T\nabla^3L[\hat\Sigma+(M-1)\hat\Psi]$; with one normal mode "
        r"$\hat\Psi=\psi(2\alpha h)\hat\Sigma$. Put $B=MB_{\mathrm{loc}}$ and let $M\to\infty$."
    ),
    knobs=ValleyKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=by(lambda workers, alpha: (workers, alpha)),
    judge=sampled_limit,
    falsifiers=(
        Falsifier("M in place of M − 1", "M workers, M times ψ", by(lambda m, alpha: (m + 1, alpha))),
        Falsifier(
            "drift in proportion to M", "ψ = 1: every worker alone has it", by(lambda m, alpha: (m, np.inf))
        ),
        Falsifier(
            "two workers are as good as eight",
            "the first average makes the difference",
            by(lambda m, alpha: (2, alpha)),
        ),
        Falsifier(
            "no gain at a fixed total batch", "the same number of gradients", by(lambda m, alpha: (m, 0.0))
        ),
    ),
    see=("gu2023/gain-grows-with-local-steps",),
    axes=("workers M", "sharpness tr ∇²L at the end", "linear", "linear"),
)
