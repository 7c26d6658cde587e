"""What moves a point: a drift, and noise along factors."""

from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

from sde.kernels.readings import Reading


# A landscape has a motion with noise and one without; as many as a session is likely to use in turns.
KEPT = 128


@dataclass(frozen=True)
class Motion:
    """The expressions of a step θ ← θ + p a(θ) + q B(θ) ξ.

    Attributes
    ----------
    variables
        Coordinates θ_1 … θ_d, SymPy symbols.
    drift
        a(θ), d SymPy expressions.
    factors
        B(θ), d rows of K expressions; empty without noise.
    reading
        How the ξ are read; ``None`` without noise.
    """

    variables: tuple[Any, ...]
    drift: tuple[Any, ...]
    factors: tuple[tuple[Any, ...], ...] = ()
    reading: Reading | None = None

    @property
    def dim(self) -> int:
        """Number of coordinates d."""
        return len(self.variables)

    @property
    def channels(self) -> int:
        """Number of noises K."""
        return len(self.factors[0]) if self.reading is not None else 0


@lru_cache(maxsize=KEPT)
def compiled_motion(motion: Motion, momentum: bool = False, scaled: bool = False) -> ModuleType:
    """Return the module whose ``advance`` moves replicas, with heavy-ball velocities and a scaling, or without.

    Raises
    ------
    NotCompiled
        Where an expression has no compiled form.
    """
    # Imported here: numba must not come with ``import sde``.
    from sde.kernels.generated import load_source
    from sde.kernels.source import write_source

    return load_source(write_source(motion, momentum, scaled), "motion")
