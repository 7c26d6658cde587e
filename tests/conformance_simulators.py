"""Simulators for the tests of the conformance suite, written as their users would write them: with loops."""

import dataclasses

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
                kept = self.kept(controls[m], c)
                fresh[m] = kept - moves[m] / (self.divisor(task, m) * task.lr)
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

    def divisor(self, task, m):
        return task.local_steps[m]

    def kept(self, control, common):
        return control - common

    def weights(self, task, chosen):
        given = np.array([task.weights[m] for m in chosen])
        return dict(zip(chosen, given / given.sum(), strict=True))

    def gradient(self, task, m, v, random):
        rows = slice(None) if task.batch is None else self.samples(task, m, random)
        features, labels = task.features[m][rows], task.labels[m][rows]
        return features.T @ (features @ v - labels) / len(labels)

    def samples(self, task, m, random):
        return random.integers(len(task.labels[m]), size=task.batch)

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


class OneMoreStep(Reference):
    def steps(self, task, m):
        return task.local_steps[m] + 1


class SwappedSteps(Reference):
    def steps(self, task, m):
        return task.local_steps[{0: 1, 1: 0}.get(m, m)]


class SwappedWeights(Reference):
    def weights(self, task, chosen):
        given = super().weights(task, chosen)
        return {m: given.get({0: 1, 1: 0}.get(m, m), p) for m, p in given.items()}


class DroppedWeight(Reference):
    def weights(self, task, chosen):
        return {m: p if m else 0.0 for m, p in super().weights(task, chosen).items()}


class Uniform(Reference):
    def weights(self, task, chosen):
        return {m: 1 / len(chosen) for m in chosen}


class SinglePrecision(Reference):
    def __call__(self, task):
        return super().__call__(task).astype(np.float32)


class HiddenSeed(Reference):
    """Draws from a generator of its own."""

    runs = 0

    def __call__(self, task):
        self.runs += 1
        return super().__call__(dataclasses.replace(task, seed=self.runs))


class ConstantSeed(Reference):
    def __call__(self, task):
        return super().__call__(dataclasses.replace(task, seed=3))


class Remembering(Reference):
    """Starts where the last run ended, if that has as many entries."""

    last = None

    def __call__(self, task):
        moved = (
            task.start if self.last is None or len(self.last) != task.dim else task.start + 1e-9 * self.last
        )
        path = super().__call__(dataclasses.replace(task, start=moved))
        self.last = path[-1]
        return path


class Scribbling(Reference):
    def __call__(self, task):
        path = super().__call__(task)
        task.labels[0][:] += 1
        return path


class DecayingRate(Reference):
    """Learning rate that depends on the number of rounds that are asked for."""

    def __call__(self, task):
        return super().__call__(dataclasses.replace(task, lr=task.lr * (1 + 1 / task.rounds)))


class ForgottenMomentum(Reference):
    def server(self, task, x, velocity, move):
        return super().server(task, x, np.zeros_like(velocity), move)


class WrongControls(Reference):
    """SCAFFOLD whose controls are divided by the steps of the first worker."""

    def __call__(self, task):
        self.first = task.local_steps[0]
        return super().__call__(task)

    def divisor(self, task, m):
        return self.first


class StuckControls(Reference):
    """SCAFFOLD whose controls stay 0."""

    def divisor(self, task, m):
        return np.inf


class GrownControls(Reference):
    """SCAFFOLD without −c in the update of the controls: the same while all take part."""

    def kept(self, control, common):
        return control


class TwiceDrawn(Reference):
    def participants(self, task, random):
        if task.participants is None:
            return range(task.workers)
        return sorted(set(random.choice(task.workers, task.participants)))


class DrawnByWeight(Reference):
    def participants(self, task, random):
        if task.participants is None:
            return range(task.workers)
        return sorted(random.choice(task.workers, task.participants, replace=False, p=task.weights))


class TakingTurns(Reference):
    """Workers take part in turns."""

    turn = 0

    def participants(self, task, random):
        if task.participants is None:
            return range(task.workers)
        self.turn += 1
        return sorted((self.turn + k) % task.workers for k in range(task.participants))


class SharedBatches(Reference):
    """Every worker draws with the same uniforms."""

    def samples(self, task, m, random):
        if m == 0:
            self.shared = random.random(task.batch)
        return (self.shared * len(task.labels[m])).astype(int)


class Shuffled(Reference):
    """Mini-batches run through the samples before any comes again."""

    def __call__(self, task):
        self.left = {}
        return super().__call__(task)

    def samples(self, task, m, random):
        left = self.left.setdefault(m, [])
        while len(left) < task.batch:
            left.extend(random.permutation(len(task.labels[m])))
        return [left.pop(0) for _ in range(task.batch)]


class HalfBatches(Reference):
    """Mini-batches of one sample, whatever is asked for."""

    def samples(self, task, m, random):
        return random.integers(len(task.labels[m]), size=1)


class SharedData(Reference):
    """Every worker works on the samples of the first."""

    def __call__(self, task):
        same = {name: getattr(task, name)[:1] * task.workers for name in ("features", "labels")}
        return super().__call__(dataclasses.replace(task, **same))
