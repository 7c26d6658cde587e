"""The last layer of a random network on real digits, trained by workers that each see one label."""

from pathlib import Path

import numpy as np

from figures import Note, Panel, Series, View
from implicitbias import (
    LinearClassification,
    local_gd,
    Logistic,
    max_margin,
    MaxMargin,
    RecordAt,
    run,
    Stream,
    Trace,
)
from implicitbias.asymptotics import direction_error, predicted_onset
from implicitbias.data import by_label, mnist, mnist_available, relu_features
from paper_repro.claims.budget import Budget
from paper_repro.gallery.figure import Missing
from paper_repro.gallery.local_steps import decades
from paper_repro.gallery.real_data import scientific


PAIR, IMAGES, WIDTH, WORKERS = (0, 8), 1000, 1000, 5
STEPS = (1, 10, 100)
SHARE = 0.5  # ηL of the local problems is half the largest stable one
# Local steps a run may take, and rounds: a local step costs 1000 × 200 multiply–adds for each worker.
WORK = {Budget.SMOKE: 200, Budget.QUICK: 10_000, Budget.PAPER: 10**7}
ROUNDS = {Budget.SMOKE: 100, Budget.QUICK: 2_000, Budget.PAPER: 10**6}


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View | Missing:
    """Build the figure; images, layer and nothing else are drawn from the seed."""
    if not mnist_available(data_home):
        return Missing(
            "no MNIST images: put t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte (raw or .gz) into a folder and "
            "name it by --data-home or by IMPLICITBIAS_DATA"
        )
    stream = Stream(seed)
    problem = _problem(stream, data_home)
    svm = max_margin(problem)
    lr = 2 * SHARE / problem.smoothness
    traces = [_run(problem, lr, h, budget) for h in STEPS]
    onset = predicted_onset(svm.margin, WORKERS, lr=lr, local_steps=1, row_norm=problem.radius)
    ends = [float(direction_error(t.w[0, -1], svm.weights)) for t in traces]
    title = (
        "Last layer on MNIST, one label per worker: the loss falls, but the direction is still at chord "
        f"{min(ends):.2f}, long before the predicted onset"
    )
    caption = (
        f"Digits {PAIR[0]} against {PAIR[1]}, {IMAGES:,} test images, {WIDTH:,} fixed random ReLU features "
        f"(seed {seed}), {WORKERS} workers with one label each; logistic loss, η = 1/L = {lr:.3g}, from 0. "
        f"Points: measured. Left: chord to the certified max margin (γ = {svm.margin:.3g}, {len(svm.support)} "
        "support vectors). Right: loss, and its asymptote 1/(γ²ηHr) (lines), in force from round 70 M/γ³ = "
        f"{scientific(onset)} on: within this budget the theory of the limit is INCONCLUSIVE here, and the "
        "figure shows only the way there."
    )
    return View(title, caption, (_direction(traces, svm, onset), _loss(traces, svm, lr)))


def _problem(stream: Stream, data_home: Path | None) -> LinearClassification:
    images = mnist(PAIR, IMAGES, data_home, stream=stream)
    samples = relu_features(images, WIDTH, stream)
    split = by_label(samples, WORKERS)
    return LinearClassification(samples.features, samples.labels, workers=split, loss=Logistic())


def _run(problem: LinearClassification, lr: float, steps: int, budget: Budget) -> Trace:
    rounds = min(ROUNDS[budget], max(10, WORK[budget] // steps))
    return run(problem, local_gd(lr, steps), rounds, record=RecordAt.log(30), progress=False)


def _direction(traces: list[Trace], svm: MaxMargin, onset: float) -> Panel:
    marks = []
    for h, trace in zip(STEPS, traces, strict=True):
        chord = direction_error(trace.w[0, 1:], svm.weights)
        marks.append(Series(trace.rounds[1:], chord, f"H = {h}", "measured", f"local_gd:H={h}", joined=True))
    note = Note(f"INCONCLUSIVE: onset predicted\nat round {scientific(onset)}", "lower left")
    return Panel(
        (*marks, note), "communication rounds r", "chord to ŵ", "log", "linear", "direction", ylim=(0.0, 1.5)
    )


def _loss(traces: list[Trace], svm: MaxMargin, lr: float) -> Panel:
    marks = []
    last = float(max(t.rounds[-1] for t in traces))
    rounds = decades(last / 30, 3 * last)
    for h, trace in zip(STEPS, traces, strict=True):
        key, label = f"local_gd:H={h}", f"H = {h}"
        marks.append(Series(trace.rounds[1:], trace.loss[0, 1:], label, "measured", key, joined=True))
        asymptote = 1 / (svm.margin**2 * lr * h * rounds)
        shown = asymptote < np.log(2)
        if shown.any():
            marks.append(Series(rounds[shown], asymptote[shown], label, "theory", key))
    return Panel(tuple(marks), "communication rounds r", "training loss f(w)", "log", "log", "loss")
