"""Where tasks come from: the golden instance, or instances drawn from a seed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from paper_repro.conformance.golden import golden, random_instance
from paper_repro.conformance.task import Task


@dataclass(frozen=True)
class Source:
    """Tasks on one set of samples: ``task(algorithm, **changes)``; ``name`` ends the names of its cases."""

    name: str
    task: Callable[..., Task]


def sources(seed: int, instances: int) -> tuple[Source, ...]:
    """Return the golden instance, then so many of the seed."""
    drawn = (Source(f"random-{k}", partial(random_instance, seed, index=k)) for k in range(instances))
    return (Source("G", golden), *drawn)
