"""Systems that nobody here wrote, asked by the oracles: Flower, PyTorch, Optax.

A system is a module of this package around a library that may not be installed; only asking for it imports it. Run
``python -m paper_repro.conformance.systems`` for the table.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from implicitbias import BadInput


# Flower asks for this when it is imported: nothing here is anybody else's to count.
os.environ.setdefault("FLWR_TELEMETRY_ENABLED", "0")

# A difference that a system is known for may be one of rounding, never a larger one.
KNOWN_TO = 1e-12


@dataclass(frozen=True)
class System:
    """One system of the table.

    Attributes
    ----------
    name, module
        The name in the table, and the module of this package.
    library
        What has to be importable.
    runs
        What runs, in words.
    scaled
        Whether it is compared with scalings, point by point, rather than asked as a simulator.
    known
        Cases, by the start of their names, that it may fail by rounding, with the reason, which is in its own code.
    """

    name: str
    module: str
    library: str
    runs: str
    scaled: bool = False
    known: Mapping[str, str] = field(default_factory=dict)

    def load(self) -> Any:
        """Return the module, which imports the library."""
        return import_module(f"{__name__}.{self.module}")


_ORDER_OF_SUMS = "Server.fit adds the clients' models up in the order of a set of futures"

SYSTEMS = {
    system.name: system
    for system in (
        System("flower", "flower", "flwr", "strategies and clients of Flower: FedAvg, FedProx, FedAvgM"),
        System(
            "flower-server",
            "flower_server",
            "flwr",
            "the same in Flower's own loop, Server.fit",
            known={"O0d/same-seed": _ORDER_OF_SUMS, "O0d/run-between": _ORDER_OF_SUMS},
        ),
        System(
            "flower-messages", "flower_messages", "flwr", "Strategy.start and ClientApp, Flower's messages"
        ),
        System("torch-loop", "torch_loop", "torch", "a plain loop: state_dict, autograd, SGD"),
        System(
            "torch-processes",
            "torch_processes",
            "torch",
            "Local SGD by all_reduce (gloo), one process per worker",
        ),
        System(
            "torch-diloco", "torch_diloco", "torch", "DiLoCo: SGD inside, SGD with Nesterov momentum outside"
        ),
        System("optax", "optax_steps", "optax", "transformations as scalings at H = 1", scaled=True),
    )
}


def not_run_reason(name: str) -> str | None:
    """Return why a system cannot run here, None if it can.

    Raises
    ------
    BadInput
        For a name that is not in ``SYSTEMS``.
    """
    if name not in SYSTEMS:
        raise BadInput(f"system = {name!r}: is not known; choose among {', '.join(SYSTEMS)}")
    system = SYSTEMS[name]
    if find_spec(system.library) is None:
        return f"{system.library} is not installed"
    try:
        module = system.load()
    except Exception as error:  # whatever a library that is broken, or another than was tested, may raise
        return f"{type(error).__name__} on import: {str(error).splitlines()[0] if str(error) else ''}".strip()
    return module.cannot_run() if hasattr(module, "cannot_run") else None
