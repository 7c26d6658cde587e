"""Simulators for the tests of the conformance suite, written as their users would write them: with loops."""

import numpy as np


def plain_fedavg(task):
    x, path = np.array(task.start), []
    for _ in range(task.rounds):
        models = []
        for features, labels, steps in zip(task.features, task.labels, task.local_steps, strict=True):
            v = x.copy()
            for _ in range(steps):
                v -= task.lr * features.T @ (features @ v - labels) / len(labels)
            models.append(v)
        x = sum(p * v for p, v in zip(task.weights, models, strict=True))
        path.append(x)
    return path


class Reference:
    """Everything a task can ask for."""

    supports = (
        "fedavg",
        "fedprox",
        "scaffold",
        "fednova",
        "server",
        "delay",
        "participation",
        "minibatches",
    )

    def __call__(self, task):
        random = np.random.default_rng(task.seed)
        x, velocity, pending, path = np.array(task.start), np.zeros(task.dim), [], []
        controls = np.zeros((task.workers, task.dim))
        for _ in range(task.rounds):
            chosen = self.participants(task, random)
            moves, fresh = {}, controls.copy()
            for m in chosen:
                c = np.array(task.weights) @ controls
                correction = c - controls[m] if task.algorithm == "scaffold" else 0.0
                v = self.local(task, m, x, correction, random)
                moves[m] = v - x
                fresh[m] = controls[m] - c - moves[m] / (self.steps(task, m) * task.lr)
            controls = fresh
            pending.append(self.aggregate(task, chosen, moves))
            if len(pending) > task.delay:
                x, velocity = self.server(task, x, velocity, pending.pop(0))
            path.append(x)
        return np.array(path)

    def participants(self, task, random):
        if task.participants is None:
            return range(task.workers)
        return sorted(random.choice(task.workers, task.participants, replace=False))

    def steps(self, task, m):
        return task.local_steps[m]

    def weights(self, task, chosen):
        given = np.array([task.weights[m] for m in chosen])
        return dict(zip(chosen, given / given.sum(), strict=True))

    def gradient(self, task, m, v, random):
        rows = slice(None)
        if task.batch is not None:
            rows = random.integers(len(task.labels[m]), size=task.batch)
        features, labels = task.features[m][rows], task.labels[m][rows]
        return features.T @ (features @ v - labels) / len(labels)

    def local(self, task, m, x, correction, random):
        v = x.copy()
        for _ in range(self.steps(task, m)):
            pull = task.proximal * (v - x) if task.algorithm == "fedprox" else 0.0
            v = v - task.lr * (self.gradient(task, m, v, random) + pull + correction)
        return v

    def aggregate(self, task, chosen, moves):
        weights = self.weights(task, chosen)
        if task.algorithm == "fednova":
            effective = sum(weights[m] * task.local_steps[m] for m in chosen)
            return effective * sum(weights[m] * moves[m] / task.local_steps[m] for m in chosen)
        return sum(weights[m] * moves[m] for m in chosen)

    def server(self, task, x, velocity, move):
        velocity = task.server_momentum * velocity + move
        step = move + task.server_momentum * velocity if task.nesterov else velocity
        return x + task.server_lr * step, velocity
