"""A simulator with one switch per mistake, as loops over workers and samples; it shares no code with diagnosis."""

from dataclasses import dataclass

import numpy as np

from paper_repro.conformance.task import Task


@dataclass(frozen=True)
class Switches:
    """What it does otherwise; the defaults are right."""

    extra_steps: int = 0
    steps: str = "own"
    weights: str = "given"
    lr: float = 1.0
    summed_loss: bool = False
    decay: float = 0.0
    local_momentum: float = 0.0
    keeps_models: bool = False
    shares_model: bool = False
    stale_server: bool = False
    first_gradient: bool = False
    prox: float = 1.0
    prox_to_zero: bool = False
    undivided_control: bool = False
    control_steps: str = "own"
    keeps_controls_at_zero: bool = False
    late_c: bool = False
    flipped: bool = False
    lacks_c: bool = False
    unnormalised: bool = False
    tau: str = "weighted"
    server_rate: float = 1.0
    hidden_server_momentum: float = 0.0
    resets_server_buffer: bool = False
    plain_nesterov: bool = False
    late: int = 0
    shown_before: bool = False
    shows_worker: int | None = None
    bias: bool = False
    swapped_data: bool = False
    pooled: bool = False
    loses_last: bool = False
    dtype: type = np.float64


def wrong_fedavg(task: Task, on: Switches) -> np.ndarray:
    features, labels = _data(task, on)
    x = np.concatenate([task.start, [0.0]]).astype(on.dtype) if on.bias else task.start.astype(on.dtype)
    workers, steps, p = task.workers, _steps(task, on), _weights(task, on)
    controls = [np.zeros_like(x) for _ in range(workers)]
    c = c_before = np.zeros_like(x)
    models, before, velocity = [x] * workers, x, np.zeros_like(x)
    queue = [np.zeros_like(x) for _ in range(task.delay + on.late)]
    shown = []
    for _ in range(task.rounds):
        if on.shown_before:
            shown.append(x)
        seen_c = c_before if on.late_c else c
        new = []
        for m in range(workers):
            begin = models[m] if on.keeps_models else before if on.stale_server else x
            begin = new[-1] if on.shares_model and new else begin
            pull = -controls[m] + seen_c if task.algorithm == "scaffold" else np.zeros_like(x)
            pull = -pull if on.flipped else pull
            new.append(_local(task, on, features[m], labels[m], begin, x, pull, steps[m]))
        models = new
        c_before, c = c, _follow(task, on, controls, c, x, models, steps, p)
        delta = _delta(task, on, models, x, p, steps)
        queue.append(delta)
        beta = task.server_momentum + on.hidden_server_momentum
        velocity = beta * (0.0 if on.resets_server_buffer else 1.0) * velocity + queue.pop(0)
        push = queue_free = velocity
        if task.nesterov and not on.plain_nesterov:
            push = delta + beta * queue_free
        before, x = x, (x + task.server_lr * on.server_rate * push).astype(on.dtype)
        if not on.shown_before:
            shown.append(x if on.shows_worker is None else models[on.shows_worker])
    return np.array(shown)[:, : task.dim]


def _data(task, on):
    features = [np.array(x, on.dtype) for x in task.features]
    labels = [np.array(y, on.dtype) for y in task.labels]
    if on.swapped_data:
        features[:2], labels[:2] = features[1::-1], labels[1::-1]
    if on.pooled:
        features, labels = [np.concatenate(features)] * task.workers, [np.concatenate(labels)] * task.workers
    if on.loses_last:
        features, labels = [x[:-1] for x in features], [y[:-1] for y in labels]
    if on.bias:
        features = [np.hstack([x, np.ones((len(x), 1))]) for x in features]
    return features, labels


def _steps(task, on):
    chosen = {"own": list(task.local_steps), "first": [task.local_steps[0]] * task.workers}
    chosen |= {"largest": [max(task.local_steps)] * task.workers, "reversed": list(task.local_steps[::-1])}
    return [h + on.extra_steps for h in chosen[on.steps]]


def _weights(task, on):
    sizes = [float(len(y)) for y in task.labels]
    return {
        "given": list(task.weights),
        "uniform": [1.0 / task.workers] * task.workers,
        "samples": [n / sum(sizes) for n in sizes],
        "steps": [h / sum(task.local_steps) for h in task.local_steps],
        "ones": [1.0] * task.workers,
    }[on.weights]


def _local(task, on, features, labels, begin, x, pull, steps):
    v, speed = begin.copy(), np.zeros_like(begin)
    for _ in range(steps):
        at = begin if on.first_gradient else v
        slope = sum(row * (row @ at - y) for row, y in zip(features, labels, strict=True))
        slope = slope if on.summed_loss else slope / len(labels)
        if task.algorithm == "fedprox":
            slope = slope + on.prox * task.proximal * (at - (0.0 if on.prox_to_zero else x))
        speed = on.local_momentum * speed + slope + on.decay * v + pull
        v = (v - on.lr * task.lr * speed).astype(on.dtype)
    return v


def _follow(task, on, controls, c, x, models, steps, p):
    """Update the list of controls in place, and return the new c."""
    if task.algorithm != "scaffold" or on.keeps_controls_at_zero:
        return c
    counted = {"own": steps, "largest": [max(steps)] * len(steps)}[on.control_steps]
    for m, v in enumerate(models):
        divisor = task.lr * (1.0 if on.undivided_control else counted[m])
        controls[m] = controls[m] - (0.0 if on.lacks_c else 1.0) * c + (x - v) / divisor
    return sum(w * own for w, own in zip(p, controls, strict=True))


def _delta(task, on, models, x, p, steps):
    moves = [v - x for v in models]
    if task.algorithm != "fednova" or on.unnormalised:
        return sum(w * move for w, move in zip(p, moves, strict=True))
    tau = {"weighted": sum(w * h for w, h in zip(p, steps, strict=True)), "one": 1.0, "largest": max(steps)}
    return tau[on.tau] * sum(w * move / h for w, move, h in zip(p, moves, steps, strict=True))
