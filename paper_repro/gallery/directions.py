"""Where scaled local methods go in the plane: the separators of three norms, and directions to round 10^100."""

from pathlib import Path

import numpy as np

from figures import Panel, ray, Series, Trajectory, View
from implicitbias import (
    Adam,
    fast_forward,
    Fixed,
    LinearClassification,
    local_gd,
    LocalMethod,
    Logistic,
    max_margin,
    PowerDecay,
    RecordAt,
    RMSProp,
    run,
    Trace,
)
from paper_repro.claims.budget import Budget


ROWS = ((1.0, 0.2), (2.0, -0.4), (0.3, 1.9), (0.9, 2.8))
DIAGONAL = (4.0, 0.25)
FLOOR = 0.01
LR, LOCAL_STEPS = 0.05, 4
# Round 10^100, and where the plane of weights is cut.
LAST = 100.0 * np.log(10.0)
BOX = 5.0
# The first log₁₀ r drawn.
SHOWN = 0.3
# A separator has the colour, darker, of the method that finds it; the first is that of two of them.
FINDERS = {"ℓ2": None, "D-norm": "fixed", "ℓ∞": "adam"}


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure; it draws nothing at random."""
    del seed, data_home
    problem = LinearClassification(np.array(ROWS), np.ones(4), workers=[0, 0, 1, 1], loss=Logistic())
    norms = {"ℓ2": "l2", "D-norm": np.array(DIAGONAL), "ℓ∞": "linf"}
    separators = {name: max_margin(problem, norm=norm).weights for name, norm in norms.items()}
    paths = _paths(problem, budget.pick(smoke=300, quick=2_000, paper=20_000))
    title = (
        "The scaling in force in the end decides: ℓ2 without one or with a floor, a fixed D its norm, else ℓ∞"
    )
    caption = (
        f"Four samples, two a worker, logistic loss, H = {LOCAL_STEPS}. Left: the angle of w; Local GD, the fixed D = "
        f"{DIAGONAL} and RMSProp at its floor d_min = {FLOOR} are continued in log-time to round 10^100, Adam with no "
        "floor ends with its exact rounds. Horizontal lines: max-margin separators, in the colour of who finds them. "
        "Right: the same paths in the plane of the weights, and the rays of the separators. Directions approach theirs "
        "like 1/log r."
    )
    panels = (_angles(paths, separators), _plane(paths, separators))
    return View(title, caption, panels, columns=2, legend="shared")


def _paths(problem: LinearClassification, rounds: int) -> dict[str, tuple[str, np.ndarray, np.ndarray]]:
    """Return label ↦ (colour key, log10 of rounds, w) of the four methods."""
    plain, fixed = local_gd(LR, LOCAL_STEPS), local_gd(LR, LOCAL_STEPS, scaling=Fixed(DIAGONAL))
    floored = local_gd(
        0.2 * FLOOR, LOCAL_STEPS, scaling=RMSProp(beta=0.9, floor=FLOOR, pooling="square_of_mean")
    )
    resting = local_gd(0.2 * FLOOR, LOCAL_STEPS, scaling=Fixed((FLOOR,) * 2))
    bare = local_gd(
        PowerDecay(0.2 / LOCAL_STEPS, 0.5, scale=float(LOCAL_STEPS)),
        LOCAL_STEPS,
        scaling=Adam(beta=0.9, floor=None, pooling="square_of_mean"),
    )
    return {
        "Local GD": ("local_gd", *_continued(problem, plain, plain, 300)),
        f"fixed D = {DIAGONAL}": ("fixed", *_continued(problem, fixed, fixed, 300)),
        f"RMSProp, floor {FLOOR}": ("rmsprop", *_continued(problem, floored, resting, 600)),
        "Adam, no floor": (
            "adam",
            *_exact(run(problem, bare, rounds, record=RecordAt.log(120), progress=False)),
        ),
    }


def _exact(trace: Trace) -> tuple[np.ndarray, np.ndarray]:
    return np.log10(trace.rounds[1:]), trace.w[0, 1:]


def _continued(
    problem: LinearClassification, method: LocalMethod, resting: LocalMethod, rounds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return exact rounds, and their continuation with the scaling at rest."""
    trace = run(problem, method, rounds, record=RecordAt.log(120), progress=False)
    far = fast_forward(problem, resting, LAST, start=trace, progress=False)
    exact, w = _exact(trace)
    clock = np.log(resting.first_lr * LOCAL_STEPS)
    later = (far.log_time - clock) / np.log(10.0)
    new = later > exact[-1]
    return np.concatenate([exact, later[new]]), np.vstack([w, far.w[0, new]])


def _angles(paths: dict[str, tuple[str, np.ndarray, np.ndarray]], separators: dict[str, np.ndarray]) -> Panel:
    lines = [
        Series(rounds[rounds >= SHOWN], _degrees(w)[rounds >= SHOWN], label, "measured", method_key=key)
        for label, (key, rounds, w) in paths.items()
    ]
    span = np.array([SHOWN, 100.0])
    ends = [
        Series(span, np.full(2, _degrees(w[None])[0]), f"max margin, {name}", "theory", FINDERS[name])
        for name, w in separators.items()
    ]
    return Panel(
        (*lines, *ends),
        "log₁₀ of communication rounds r",
        "angle of w (degrees)",
        title="directions",
        xscale="log",
    )


def _plane(paths: dict[str, tuple[str, np.ndarray, np.ndarray]], separators: dict[str, np.ndarray]) -> Panel:
    marks = [Trajectory(w[:, 0], w[:, 1], label, "measured", key) for label, (key, _, w) in paths.items()]
    rays = [
        ray(w, 2 * BOX, label=f"max margin, {name}", role="theory", method_key=FINDERS[name])
        for name, w in separators.items()
    ]
    limits = (-0.2, BOX)
    return Panel((*marks, *rays), "$w_1$", "$w_2$", title="weights", xlim=limits, ylim=limits, aspect="equal")


def _degrees(w: np.ndarray) -> np.ndarray:
    return np.degrees(np.arctan2(w[:, 1], w[:, 0]))
