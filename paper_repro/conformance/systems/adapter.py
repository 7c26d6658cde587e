"""A simulator of the suite around somebody else's library: what it offers, and which version of it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
from jaxtyping import Float

from paper_repro.conformance.task import Task


@dataclass(frozen=True)
class Adapter:
    """Task → server's vectors, by a library; what it does not offer is refused with a reason.

    Attributes
    ----------
    run
        The run itself, for tasks whose needs are among ``supports``.
    supports
        Names of ``FEATURES``.
    distribution
        The installed package that does the work.
    """

    run: Callable[[Task], Float[np.ndarray, "round dim"]]
    supports: tuple[str, ...]
    distribution: str

    def __call__(self, task: Task) -> Float[np.ndarray, "round dim"]:
        """Return the server's vector after every round.

        Raises
        ------
        NotImplementedError
            For a task that needs more than is offered.
        """
        if missing := [need for need in task.needs if need not in self.supports]:
            raise NotImplementedError(f"{self.distribution}: this adapter offers no {', no '.join(missing)}")
        return self.run(task)

    def version(self) -> str:
        """Return the version of the library that is installed."""
        return version(self.distribution)
