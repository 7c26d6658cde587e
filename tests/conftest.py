"""Shared settings of the tests: no deadlines, and shapes in annotations checked on request."""

import os

import hypothesis
import pytest


# One BLAS thread per process: results are compared to the byte.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

# Derandomised: a red test is a bug, never bad luck. `--hypothesis-seed` explores further.
hypothesis.settings.register_profile("house", deadline=None, derandomize=True, max_examples=25)
hypothesis.settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shapes", action="store_true", help="check the shapes in annotations with beartype")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--shapes"):
        from jaxtyping import install_import_hook

        hook = install_import_hook(["implicitbias", "figures", "paper_repro"], "beartype.beartype")
        config.add_cleanup(hook.uninstall)
