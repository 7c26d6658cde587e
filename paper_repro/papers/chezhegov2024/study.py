"""Runs of several ways to train on the same starts and batches, and what one way has learnt less another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import RunSpec, Stream
from paper_repro.claims import Budget, Curve, Measured, Traces
from paper_repro.claims.ensembles import mean_curve, mean_of
from paper_repro.papers.chezhegov2024.setting import (
    case_of,
    Inputs,
    LearningCase,
    METHODS,
    NAMES,
    NetworkKnobs,
    ROUNDS,
    Way,
)
from paper_repro.papers.chezhegov2024.steps import lr_of


@dataclass(frozen=True, eq=False)
class Study:
    """Ways to train, and the networks they need."""

    ways: tuple[Way, ...]
    cases: Mapping[Inputs, LearningCase]


@dataclass(frozen=True, eq=False)
class Learnt:
    """What replicas of a run have learnt at every round."""

    log_loss: Float[np.ndarray, "replica record"]
    accuracy: Float[np.ndarray, "replica record"]

    @property
    def loss(self) -> Float[np.ndarray, "replica record"]:
        """The loss of training f."""
        return np.exp(self.log_loss)


def study(ways: Iterable[Way], knobs: NetworkKnobs, stream: Stream) -> Study:
    """Return the study of these ways to train."""
    every = tuple(ways)
    inputs = dict.fromkeys(way.inputs for way in every)
    return Study(every, {each: case_of(each, knobs.batch, stream) for each in inputs})


def needs(of: Study, budget: Budget) -> tuple[RunSpec, ...]:
    """Every way to train at its tuned step; claims that share a way share its run."""
    replicas, rounds = budget.pick(smoke=(2, 1), quick=(16, ROUNDS), paper=(64, ROUNDS))
    return tuple(of.cases[way.inputs].spec(way, lr_of(way), replicas, rounds) for way in of.ways)


def learnt(of: Study, traces: Traces) -> dict[Way, Learnt]:
    """Return what each way has learnt; accuracy is that on samples which no worker holds."""
    return {
        way: Learnt(trace.log_loss, of.cases[way.inputs].of.accuracy(trace.w))
        for way, trace in zip(of.ways, traces, strict=True)
    }


def less(first: Learnt, second: Learnt, comparisons: int) -> tuple[Measured, Measured]:
    """Return the mean differences of log f and of accuracy after all rounds, replica by replica."""
    losses = first.log_loss[:, -1] - second.log_loss[:, -1]
    accuracies = first.accuracy[:, -1] - second.accuracy[:, -1]
    return mean_of(losses, comparisons), mean_of(accuracies, comparisons)


def accuracy_curve(way: Way, of: Learnt, comparisons: int, label: str | None = None) -> Curve:
    """Return mean accuracy against rounds."""
    return _curve(way, of.accuracy, comparisons, label)


def loss_curve(way: Way, of: Learnt, comparisons: int, label: str | None = None) -> Curve:
    """Return mean loss of training against rounds."""
    return _curve(way, of.loss, comparisons, label)


def _curve(way: Way, values: np.ndarray, comparisons: int, label: str | None) -> Curve:
    rounds = np.arange(values.shape[1], dtype=float)
    return mean_curve(rounds, values, label or NAMES[way.family], METHODS[way.family], comparisons)
