"""Where tasks come from: the golden instance, or instances drawn from a seed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from paper_repro.conformance.golden import golden, random_instance
from paper_repro.conformance.task import Task


@dataclass(frozen=True)
class Source:
    """Tasks on one set of samples.

    Attributes
    ----------
    name
        With which the names of its cases end.
    task
        ``task(algorithm, **changes)``.
    effort
        Factor of the numbers of draws that statistics count.
    """

    name: str
    task: Callable[..., Task]
    effort: int = 1


def sources(seed: int, instances: int, effort: int = 1) -> tuple[Source, ...]:
    """Return the golden instance, then so many of the seed."""
    drawn = (Source(f"random-{k}", partial(random_instance, seed, index=k), effort) for k in range(instances))
    return (Source("G", golden, effort), *drawn)
