"""Shared settings of the tests: no deadlines, and shapes in annotations checked on request."""

import os

import hypothesis
import pytest


# One BLAS thread per process: results are compared to the byte.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

# Derandomised: a red test is a bug, never bad luck. `--hypothesis-seed` explores further.
hypothesis.settings.register_profile("house", deadline=None, derandomize=True, max_examples=20)
hypothesis.settings.load_profile("house")


# What --shapes checks: everything but the kernels, which numba has to read unwrapped.
CHECKED = [
    *(
        f"implicitbias.{room}"
        for room in ("activations", "asymptotics", "data", "losses", "methods", "oracle", "problems")
    ),
    *(
        f"implicitbias.{room}"
        for room in ("local_solvers", "recursions", "scaled", "statistics", "stream", "sweeps")
    ),
    *(
        f"implicitbias.engine.{part}"
        for part in (
            "definition",
            "direction",
            "draws",
            "recorder",
            "records",
            "request",
            "run",
            "scaling",
            "start",
            "state",
            "trace",
        )
    ),
    *(f"sde.{room}" for room in ("brownian", "equations", "schemes", "soundness", "stepping")),
    "figures",
    "paper_repro",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shapes", action="store_true", help="check the shapes in annotations with beartype")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "bad_input: breaks annotations on purpose; not run with --shapes")
    if config.getoption("--shapes"):
        from jaxtyping import install_import_hook

        import tests.shape_checker  # noqa: F401 -- the hook looks it up by name

        hook = install_import_hook(CHECKED, "tests.shape_checker.checked")
        config.add_cleanup(hook.uninstall)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--shapes"):
        skip = pytest.mark.skip(reason="the check of the annotations refuses this input first")
        for item in items:
            if item.get_closest_marker("bad_input"):
                item.add_marker(skip)
