"""Euler–Maruyama and weak Euler of an Itô equation by a generated kernel, sixteen paths in a register.

    Y ← Y + a(Y)Δ + b(Y)√Δ ξ,   ξ standard normal, or ±1 with probability ½

Step n of replica k reads its ξ like step n of a worker's life on a landscape, at purpose ``brownian`` or
``two-point-brownian``, worker 0: normal number p·K + c, or bit p mod 64 of word 4c + ⌊p/64⌋, of segment ⌊n/256⌋.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from implicitbias import checks
from implicitbias.engine.kernels.lane_packing import unblocked
from implicitbias.errors import BadInput
from implicitbias.stream import Stream
from sde.kernels.ensemble import make_blocks, move, NORMAL_WORK, Rule
from sde.kernels.motion import compiled_motion, Motion
from sde.kernels.readings import BITWISE, NORMALS


# Steps between two looks at whether a path left the safe range.
GROUP = 16


@dataclass(frozen=True)
class EulerSteps:
    """Steps of an equation, compiled.

    Parameters
    ----------
    variables
        Symbols of x_1, …, x_d.
    drift
        a(x), d SymPy expressions.
    diffusion
        b(x), d rows of K expressions.
    two_point
        ξ = ±1 (weak Euler) instead of normals.

    Raises
    ------
    NotCompiled
        When first used, where an expression has no compiled form.
    """

    variables: tuple[Any, ...]
    drift: tuple[Any, ...]
    diffusion: tuple[tuple[Any, ...], ...]
    two_point: bool = False

    @property
    def purpose(self) -> str:
        """Purpose of the addresses of the increments."""
        return "two-point-brownian" if self.two_point else "brownian"

    @cached_property
    def _motion(self) -> Motion:
        reading = (BITWISE if self.two_point else NORMALS) if self.diffusion[0] else None
        return Motion(self.variables, self.drift, self.diffusion, reading)

    @property
    def module(self) -> ModuleType:
        """The generated module."""
        return compiled_motion(self._motion)

    def advance(
        self,
        x: Float[np.ndarray, "replica dim"],
        replicas: Int[np.ndarray, " replica"],
        first: int,
        count: int,
        dt: float,
        stream: Stream,
    ) -> tuple[Float[np.ndarray, "replica dim"], int]:
        """Return X after steps first, …, first + done − 1 and ``done``, less than ``count`` where a path grew huge."""
        done = 0
        while done < count:
            wanted = count - done
            groups = np.array([[GROUP]] * (wanted // GROUP) + [[wanted % GROUP]] * (wanted % GROUP > 0))
            x, safe = self._safe_steps(x, replicas, first + done, groups, dt, stream)
            done += int(groups[:safe].sum())
            if safe < len(groups):
                return x, done
        return x, done

    def _safe_steps(
        self,
        x: np.ndarray,
        replicas: np.ndarray,
        first: int,
        groups: np.ndarray,
        dt: float,
        stream: Stream,
    ) -> tuple[np.ndarray, int]:
        """Return X after as many of the groups of steps as stay in the safe range, and their number."""
        while len(groups):
            blocks = make_blocks(x, None, replicas, workers=1)
            rule = self._rule(first, groups, dt, stream)
            safe = move(self.module.advance, rule, blocks, len(groups), GROUP * self._work)
            if safe == len(groups):
                return np.ascontiguousarray(unblocked(blocks.bases, len(x))[:, 0]), safe
            groups = groups[:safe]
        return x, 0

    def paths(
        self,
        x: Float[np.ndarray, "replica dim"],
        replicas: Int[np.ndarray, " replica"],
        steps: int,
        dt: float,
        stream: Stream,
        stride: int = 1,
        first: int = 0,
    ) -> Float[np.ndarray, "replica record dim"]:
        """Return X after every ``stride`` steps; fewer records where a path grew huge before the end.

        Raises
        ------
        BadInput
            If the stride does not divide the number of steps.
        """
        if steps % checks.integer("stride", stride, 1, "1 keeps every step"):
            raise BadInput(f"stride = {stride}: must divide steps = {steps}; the last record is the end")
        records = steps // stride
        blocks = make_blocks(x, None, replicas, workers=1, records=records)
        rule = self._rule(first, np.array([[stride]]), dt, stream)
        safe = move(self.module.advance, rule, blocks, records, stride * self._work)
        return unblocked(blocks.trail[:, :safe], len(x))

    def _rule(self, first: int, groups: np.ndarray, dt: float, stream: Stream) -> Rule:
        return Rule(
            workers=1,
            steps=groups,
            first=np.array([first]),
            rates=np.array([dt]),
            kicks=np.array([dt**0.5]),
            origin=0,
            stride=0,
            keys=np.array(stream.key(self.purpose), dtype=np.uint64),
        )

    @property
    def _work(self) -> float:
        """Multiply–adds of one step."""
        return self.module.operations + NORMAL_WORK * self._motion.channels


def euler_maruyama(
    variables: Sequence[Any],
    drift: Sequence[Any],
    diffusion: Sequence[Sequence[Any]],
    *,
    start: Float[np.ndarray, "replica dim"],
    dt: float,
    steps: int,
    stream: Stream,
    stride: int = 1,
    two_point: bool = False,
) -> Float[np.ndarray, "replica record dim"]:
    """Return paths of dX = a dt + b dW (Itô) from ``start``, at every ``stride``-th step.

    Parameters
    ----------
    variables, drift, diffusion, two_point
        As in ``EulerSteps``.
    start
        X_0 of every replica.
    dt, steps
        Step Δ and number of steps.
    stream
        Source of the increments.
    stride
        Steps from record to record; it divides ``steps``.

    Raises
    ------
    BadInput
        If the stride does not divide the steps.
    NotCompiled
        Where an expression has no compiled form.
    """
    kernel = EulerSteps(tuple(variables), tuple(drift), tuple(tuple(row) for row in diffusion), two_point)
    start = np.asarray(start, dtype=np.float64)
    return kernel.paths(start, np.arange(len(start)), steps, dt, stream, stride)
