"""The five panels of soudry2018, Figure 1: data, norm, loss, direction and margin, here also with local steps."""

from pathlib import Path

import numpy as np

from figures import Cloud, Panel, Separator, Series, View
from implicitbias import (
    gd,
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
from implicitbias.asymptotics import direction_error, margin_gap, predicted_path
from implicitbias.data import iid, soudry_figure1
from implicitbias.oracle import residual_limit
from paper_repro.claims.budget import Budget
from paper_repro.gallery.local_steps import decades


MOMENTUM, STEPS = 0.9, 10
ROUNDS = {Budget.SMOKE: 10**3, Budget.QUICK: 10**5, Budget.PAPER: 10**7}
METHODS = (("GD", "gd"), ("GD, momentum 0.9", "momentum"), (f"Local GD, H = {STEPS}", f"local_gd:H={STEPS}"))


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure; the points off the margin and the workers are drawn from the seed."""
    del data_home
    stream = Stream(seed)
    samples = soudry_figure1(stream)
    split = iid(samples, 2, stream)
    central = LinearClassification(samples.features, samples.labels, workers=1, loss=Logistic())
    local = LinearClassification(samples.features, samples.labels, workers=split, loss=Logistic())
    svm = max_margin(central)
    lr = (
        len(samples.labels) / float(np.linalg.norm(samples.features, 2)) ** 2
    )  # 1/σ² on the sum of the losses
    runs = [
        run(problem, method, ROUNDS[budget], record=RecordAt.log(100), progress=False)
        for problem, method in (
            (central, gd(lr)),
            (central, gd(lr, momentum=MOMENTUM)),
            (local, local_gd(lr, STEPS)),
        )  # fmt: skip
    ]
    effective = [lr, lr / (1 - MOMENTUM), lr * STEPS]
    title = "Momentum and local steps run the clock faster, towards the same direction, with the same 1/t and log t"
    caption = (
        "Data as in Figure 1 of soudry2018: four support vectors, 12 random points off the margin (seed "
        f"{seed}); logistic loss, step 1/σ²(X) on the sum of the losses, from 0; Local GD on two workers with "
        "eight samples each. Points: measured. Lines: |ŵ log s + w̃| and 1/(γ²s), with the clock s = ηt, ηt/(1 − "
        "β) for momentum β, ηHr for local steps. Here w̃ is parallel to ŵ, so that direction and margin "
        "converge faster than 1/log t; red: 1/log t."
    )
    limit = residual_limit(central, svm)

    def path_norm(s: np.ndarray) -> np.ndarray:
        return np.linalg.norm(predicted_path(svm.weights, limit, np.log(s)), axis=1)

    late = decades(30, ROUNDS[budget])
    panels = (
        _data(samples.features, samples.labels, svm, runs[0]),
        _panel(runs, svm, "norm", "|w|", "linear", _norm, path_norm, effective, late),
        _panel(runs, svm, "loss", "f(w)", "log", _loss, lambda s: 1 / (svm.margin**2 * s), effective, late),
        _gap_panel(runs, svm, "direction", "chord to ŵ", lambda t: direction_error(t.w[0, 1:], svm.weights)),
        _gap_panel(
            runs, svm, "margin", "γ − min x·w/|w|", lambda t: margin_gap(t.w[0, 1:], svm.signed, svm.margin)
        ),
    )
    return View(title, caption, panels, columns=3, legend="shared")


def _data(features: np.ndarray, labels: np.ndarray, svm: MaxMargin, trace: Trace) -> Panel:
    cloud = Cloud(
        features[:, 0],
        features[:, 1],
        classes=labels,
        ringed=tuple(int(i) for i in svm.support),
        ring_label="support vectors",
    )
    best = Separator(svm.weights, label="max margin", role="theory", margins=True)
    found = Separator(trace.w[0, -1], label="GD", method_key="gd")
    reach = 1.1 * float(np.abs(features).max())
    box = (-reach, reach)
    return Panel((cloud, found, best), "$x_1$", "$x_2$", title="data", xlim=box, ylim=box, aspect="equal")


def _panel(runs, svm: MaxMargin, title: str, ylabel: str, yscale, value, theory, effective, rounds) -> Panel:
    del svm
    marks = []
    for (label, key), trace, rate in zip(METHODS, runs, effective, strict=True):
        marks.append(Series(trace.rounds[1:], value(trace), label, "measured", key))
        marks.append(Series(rounds, theory(rate * rounds), label, "theory", key))
    return Panel(tuple(marks), "iterations t, rounds r", ylabel, "log", yscale, title)


def _gap_panel(runs, svm: MaxMargin, title: str, ylabel: str, value) -> Panel:
    marks = []
    for (label, key), trace in zip(METHODS, runs, strict=True):
        gap = value(trace)
        shown = gap > 1e-12 * svm.margin  # below, the gap is the rounding of the margin
        marks.append(Series(trace.rounds[1:][shown], gap[shown], label, "measured", key))
    rounds = decades(100, float(runs[0].rounds[-1]))
    start = value(runs[0])[int(np.searchsorted(runs[0].rounds[1:], 100))]
    marks.append(Series(rounds, start * np.log(rounds[0]) / np.log(rounds), "1/log t", "falsifier"))
    return Panel(tuple(marks), "iterations t, rounds r", ylabel, "log", "log", title)


def _norm(trace: Trace) -> np.ndarray:
    return np.linalg.norm(trace.w[0, 1:], axis=1)


def _loss(trace: Trace) -> np.ndarray:
    return trace.loss[0, 1:]
