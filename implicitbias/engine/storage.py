"""Traces on disk: their arrays, and the rest in the header of an archive."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from implicitbias import archive, methods
from implicitbias.engine.state import Clock, State
from implicitbias.engine.trace import Status, Trace
from implicitbias.statistics import Moments


FORMAT = 1
KIND = "trace"
_ARRAYS = (
    "w",
    "rounds",
    "time",
    "slow_time",
    "log_loss",
    "disagreement",
    "min_margin",
    "stored_log_time",
)
_STATE_ARRAYS = (
    "w",
    "local",
    "replicas",
    "velocity",
    "scaling",
    "refreshes",
    "controls",
    "server",
    "pending",
    "anchor",
)


def save_trace(trace: Trace, path: str | os.PathLike[str]) -> None:
    """Write ``trace`` to ``path`` (suffix .npz is added if missing), whole or not at all."""
    archive.save(path, KIND, *_parts(trace))


def load_trace(path: str | os.PathLike[str]) -> Trace:
    """Read the trace at ``path``."""
    return _unpacked(*archive.load(path, KIND, FORMAT))


def trace_to_bytes(trace: Trace) -> bytes:
    """Return what ``save_trace`` writes."""
    return archive.pack(*_parts(trace))


def trace_from_bytes(content: bytes) -> Trace:
    """Return the trace that ``trace_to_bytes`` wrote, or raise one of ``archive.DAMAGE``."""
    return _unpacked(*archive.unpack(content))


def _parts(trace: Trace) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    arrays = {name: getattr(trace, name) for name in _ARRAYS if getattr(trace, name) is not None}
    return _header(trace), arrays | _packed_extras(trace.extras) | _packed_state(trace.final)


def describe(value: Any) -> Any:
    """Return a method, an axis value or a number as JSON: dataclasses become {"type": name, field: …}."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: describe(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"type": type(value).__name__} | fields
    if isinstance(value, tuple):
        return [describe(v) for v in value]
    return value.item() if isinstance(value, np.generic) else value


def restore(value: Any) -> Any:
    """Return what ``describe`` described; the types are those of ``implicitbias.methods``."""
    if isinstance(value, Mapping):
        fields = {name: restore(v) for name, v in value.items() if name != "type"}
        return getattr(methods, value["type"])(**fields)
    return tuple(restore(v) for v in value) if isinstance(value, list) else value


def _header(trace: Trace) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "kind": KIND,
        "method": describe(trace.method),
        "fingerprint": trace.fingerprint,
        "engine": trace.engine,
        "status": trace.status.name,
        "message": trace.message,
        "clock": None if trace.final is None else dataclasses.asdict(trace.final.clock),
    } | ({} if trace.scheme is None else {"scheme": trace.scheme})


def _packed_state(state: State | None) -> dict[str, np.ndarray]:
    if state is None:
        return {}
    named = {name: getattr(state, name) for name in _STATE_ARRAYS}
    return {f"final/{name}": array for name, array in named.items() if array is not None}


def _packed_extras(extras: Mapping[str, object]) -> dict[str, np.ndarray]:
    packed = {}
    for name, value in extras.items():
        if isinstance(value, Moments):
            parts = {f.name: np.asarray(getattr(value, f.name)) for f in dataclasses.fields(value)}
            packed |= {f"moments/{name}/{part}": array for part, array in parts.items()}
        else:
            packed[f"extras/{name}"] = np.asarray(value)
    return packed


def _unpacked(header: dict[str, Any], stored: dict[str, np.ndarray]) -> Trace:
    extras: dict[str, object] = {}
    moments: dict[str, dict[str, np.ndarray]] = {}
    state: dict[str, np.ndarray] = {}
    for name in [n for n in stored if "/" in n]:
        kind, rest = name.split("/", 1)
        array = stored.pop(name)
        if kind == "extras":
            extras[rest] = array
        elif kind == "final":
            state[rest] = array
        else:
            statistic, part = rest.rsplit("/", 1)
            moments.setdefault(statistic, {})[part] = array
    extras |= {n: Moments(int(p["count"]), p["mean"], p["squares"]) for n, p in moments.items()}
    status = Status[header["status"]]
    method = restore(header["method"])
    final = _restored_state(header["clock"], state)
    fields = {"fingerprint": header["fingerprint"], "engine": header["engine"], "message": header["message"]}
    return Trace(
        **stored,
        **fields,
        method=method,
        extras=extras,
        final=final,
        status=status,
        scheme=header.get("scheme"),
    )


def _restored_state(clock: dict[str, Any] | None, arrays: dict[str, np.ndarray]) -> State | None:
    if clock is None:
        return None
    return State(clock=Clock(**{**clock, "steps": tuple(clock["steps"])}), **arrays)
