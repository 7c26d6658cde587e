"""Runs of a verification: a trace, or why there is none, with what it cost."""

import json
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from implicitbias import Trace
from implicitbias.engine.storage import trace_from_bytes, trace_to_bytes
from implicitbias.tasks import AbstractForm
from paper_repro.claims.claim import Spec
from paper_repro.claims.failure import Failure


@dataclass(frozen=True)
class Computed:
    """A trace, or why there is none, and the CPU seconds it took."""

    trace: Trace | Failure
    seconds: float


@dataclass(frozen=True)
class ComputedForm(AbstractForm):
    """A line with the seconds, then the trace as it would be saved."""

    @property
    def suffix(self) -> str:
        """Return ``.trace``."""
        return ".trace"

    def keeps(self, result: Computed) -> bool:
        """Return whether there is a trace."""
        return isinstance(result.trace, Trace)

    def encode(self, result: Computed) -> bytes:
        """Return the bytes."""
        assert isinstance(result.trace, Trace)
        return json.dumps(result.seconds).encode() + b"\n" + trace_to_bytes(result.trace)

    def decode(self, content: bytes) -> Computed:
        """Return the run."""
        seconds, _, trace = content.partition(b"\n")
        return Computed(trace_from_bytes(trace), json.loads(seconds))


def compute(spec: Spec) -> Computed:
    """Run a description; a failure is a result, and stops only the claims that need it."""
    began = time.process_time()
    trace = guarded(spec.compute)
    return Computed(trace, time.process_time() - began)


def guarded(stage: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a stage returns, or the ``Failure`` with its traceback."""
    try:
        return stage(*arguments)
    except Exception:
        return Failure(traceback.format_exc())
