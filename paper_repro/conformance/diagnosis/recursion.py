"""The recursion of a recipe: round by round, in plain NumPy."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
from jaxtyping import Float

from paper_repro.conformance.diagnosis.controls import Held, pull_of, start_of, updated
from paper_repro.conformance.diagnosis.given import Given
from paper_repro.conformance.diagnosis.local_work import work_locally
from paper_repro.conformance.diagnosis.recipe import Recipe


@dataclass(frozen=True, eq=False)
class State:
    """Between two rounds: server's vector now and one round before, models, buffers, controls, Δ's on their way."""

    round_: int
    server: Float[np.ndarray, " dim"]
    previous: Float[np.ndarray, " dim"]
    models: Float[np.ndarray, "worker dim"]
    buffers: Float[np.ndarray, "worker dim"]
    velocity: Float[np.ndarray, " dim"]
    pending: tuple[Float[np.ndarray, " dim"], ...]
    controls: Held


def path(recipe: Recipe, rounds: int) -> Float[np.ndarray, "round dim"]:
    """Return what a simulator of this recipe hands out for R rounds; not finite where it diverges."""
    return np.stack(list(records(recipe, rounds)))


def records(recipe: Recipe, rounds: int) -> Iterator[Float[np.ndarray, " dim"]]:
    """Yield the R vectors of ``path`` one by one, so that who has seen enough can stop."""
    record = recipe.record
    taken = np.full(rounds, rounds - 1) if record.aliased else np.arange(rounds)
    wanted = np.maximum(taken * record.stride + record.shift + 1, 0)
    seen = _shown(recipe)
    at, vector = -1, recipe.start
    for r in wanted:
        while at < r:
            at, vector = at + 1, next(seen)
        yield record.rounding(vector[: recipe.shown_dim])


def initial(recipe: Recipe) -> State:
    """Return the state before the first round."""
    start = recipe.rounding(recipe.start)
    still = np.zeros((recipe.workers, len(start)))
    begin = still + start
    held = start_of(recipe, begin)
    waiting = (np.zeros_like(start),) * recipe.server.delay
    return State(0, start, start, begin, still, np.zeros_like(start), waiting, held)


def advanced(recipe: Recipe, state: State, present: tuple[int, ...] | None = None) -> State:
    """Return the state one round later.

    ``present`` says which workers have their controls updated, by numbers that are 0 for the others; the weights of
    the average are the recipe's.
    """
    begin, models, buffers, held = _worked(recipe, state)
    change, *pending = *state.pending, _moved(recipe, state.server, begin, models)
    server, velocity = _served(recipe, state, change, models)
    server = recipe.rounding(server)
    there = np.ones(recipe.workers, bool) if present is None else np.array(present) > 0
    held = updated(recipe, held, state.server, server, models, there)
    kept = buffers if recipe.work.keeps_buffer else np.zeros_like(buffers)
    return State(state.round_ + 1, server, state.server, models, kept, velocity, tuple(pending), held)


def _worked(recipe: Recipe, state: State) -> tuple[np.ndarray, np.ndarray, np.ndarray, Held]:
    """Where workers began, their models and buffers, and the controls as they are after in-turn updates."""
    given = _given(recipe, state)
    in_turn = recipe.controls is not None and recipe.controls.in_turn
    if recipe.work.begins != "turns" and not in_turn:
        return given.begin, *work_locally(recipe, given), state.controls
    return _worked_in_turn(recipe, state, given)


def _worked_in_turn(
    recipe: Recipe, state: State, given: Given
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Held]:
    begin, held = given.begin.copy(), state.controls
    models, buffers = np.empty_like(begin), np.empty_like(begin)
    for m in range(recipe.workers):
        if recipe.work.begins == "turns" and m > 0:
            begin[m] = models[m - 1]
        mine = dataclasses.replace(given, begin=begin, pull=pull_of(recipe, held))
        worked = work_locally(recipe, mine)
        models[m], buffers[m] = worked[0][m], worked[1][m]
        if recipe.controls is not None and recipe.controls.in_turn:
            alone = np.arange(recipe.workers) == m
            held = updated(recipe, held, state.server, state.server, models, alone, in_turn=True)
    return begin, models, buffers, held


def _given(recipe: Recipe, state: State) -> Given:
    rows = np.zeros_like(state.models)
    points = {
        "server": state.server,
        "previous": state.previous,
        "start": recipe.start,
        "own": state.models,
        "turns": state.server,
        "zero": 0.0,
    }
    work = recipe.work
    return Given(
        state.round_,
        rows + points[work.begins],
        rows + points[work.anchor],
        pull_of(recipe, state.controls),
        state.buffers,
    )


def _moved(recipe: Recipe, server: np.ndarray, begin: np.ndarray, models: np.ndarray) -> np.ndarray:
    """Δ, which the server is sent."""
    weights, form = np.array(recipe.weights), recipe.server.moves
    if form == "models":
        return weights @ models - server
    moves = models - (begin if form == "beginning" else server)
    if form == "median":
        return np.median(moves, axis=0)
    if recipe.normalisation is None:
        return weights @ moves
    counted = np.array(recipe.work.counted_steps)
    divisors, effective = recipe.normalisation.divisors, recipe.normalisation.effective
    scales = weights / (counted if divisors is None else np.array(divisors))
    return (weights @ counted if effective is None else effective) * (scales @ moves)


def _served(
    recipe: Recipe, state: State, change: np.ndarray, models: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The server's vector and velocity after a step along Δ."""
    step = recipe.server
    old = np.zeros_like(state.velocity) if step.resets else state.velocity
    velocity = step.momentum * old + step.damping * change
    along = change + step.momentum * velocity if step.nesterov else velocity
    base = {
        "server": state.server,
        "average": np.array(recipe.weights) @ models,
        "start": recipe.start,
        "previous": state.previous,
    }[step.base]
    return base + step.rate * step.schedule(state.round_) * along, velocity


def _shown(recipe: Recipe) -> Iterator[np.ndarray]:
    """What is shown before the first round, and without end after every round."""
    state = initial(recipe)
    smooth = mean = state.server
    yield smooth
    for r in count(1):
        with np.errstate(all="ignore"):
            state = advanced(recipe, state)
            seen = _seen(recipe, state)
            mean = seen if r == 1 else mean + (seen - mean) / r
            smooth = recipe.record.smoothing * smooth + (1.0 - recipe.record.smoothing) * seen
        yield mean if recipe.record.shown == "mean so far" else smooth


def _seen(recipe: Recipe, state: State) -> np.ndarray:
    shown = recipe.record.shown
    if isinstance(shown, int):
        return state.models[shown]
    return np.array(recipe.weights) @ state.models if shown == "average" else state.server
