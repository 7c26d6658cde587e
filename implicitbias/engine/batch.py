"""Many runs at once: a batch is defined as its runs one by one, and runs with registers full of them."""

from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np

from implicitbias import checks
from implicitbias.engine.advance import divergence_message, Progress
from implicitbias.engine.kernels import find_kernel, lane_signature, LaneBatch, LaneKernel, Run
from implicitbias.engine.kernels.packing import RUNS
from implicitbias.engine.progress import progress_bar
from implicitbias.engine.recorder import Recorder
from implicitbias.engine.run_spec import RunSpec
from implicitbias.engine.start import first_state
from implicitbias.engine.state import State
from implicitbias.engine.trace import Status, Trace


# Gram matrices of runs with data of their own may hold this many doubles at a time (64 MiB).
MOST_DOUBLES = 2**23


def run_batch(specs: Sequence[RunSpec], *, progress: Progress | bool | None = False) -> tuple[Trace, ...]:
    """Return the trace of every run; to the bit, that of a run does not depend on the others in its batch.

    Runs that differ only in η, H, start, seed, or in data of equal shape share registers (``Trace.engine`` is
    ``"gram-batch"``) where the coverage table has such a kernel and it is the cheapest; the rest are computed
    one by one. For memory see ``implicitbias.engine.kernels.lane_packing``. A divergence is a result: it is in
    the trace's status.

    Parameters
    ----------
    specs
        The runs.
    progress
        As in ``run``; counts rounds of runs.

    Raises
    ------
    BadInput
        For a run that cannot be done, before any of its group is.
    KeyboardInterrupt
        When stopped from the keyboard.
    """
    if not isinstance(specs, Sequence):
        raise checks.refuse("specs", specs, "must be a sequence of runs", "give [RunSpec(…), …]")
    for spec in specs:
        checks.instance("specs", spec, RunSpec, "give RunSpec(problem, method, rounds)")
        spec.check()
    traces: dict[int, Trace] = {}
    with progress_bar(progress, sum(spec.rounds for spec in specs)) as bar:
        for members in _groups(specs):
            own = [specs[k] for k in members]
            traces |= zip(members, _computed(own, bar), strict=True)
    return tuple(traces[k] for k in range(len(specs)))


def _computed(specs: Sequence[RunSpec], bar: Progress) -> list[Trace]:
    if _in_lanes(specs[0]):
        return _Group(specs).compute(bar)
    traces = [spec.compute() for spec in specs]
    bar.update(sum(spec.rounds for spec in specs))
    return traces


def _in_lanes(spec: RunSpec) -> bool:
    return isinstance(find_kernel(spec.problem, spec.method, many=True), LaneKernel)


def _groups(specs: Sequence[RunSpec]) -> list[list[int]]:
    """Return the indices of runs that share a kernel call, or of single runs that share none.

    Records cut the sums of a run, hence decide on its last bits: only runs with the same records share.
    Where a data set has a register full of runs they share its Gram matrix; the rest of the data sets are pooled.
    """
    alone = [[k] for k, spec in enumerate(specs) if not _in_lanes(spec)]
    alike = [k for k, spec in enumerate(specs) if _in_lanes(spec)]
    groups = []
    for own in _by(alike, {k: _shared(specs[k]) for k in alike}):
        sets = _by(own, {k: (specs[k].problem, specs[k].method.scaling) for k in own})
        full = [s for s in sets if sum(specs[k].replicas for k in s) >= RUNS or len(sets) == 1]
        groups += full + _pooled(specs, [k for s in sets if s not in full for k in s])
    return alone + groups


def _shared(spec: RunSpec) -> Hashable:
    return lane_signature(spec.problem, spec.method), tuple(spec.record.rounds(spec.rounds).tolist())


def _by(indices: Sequence[int], keys: Mapping[int, Hashable]) -> list[list[int]]:
    """Return the indices grouped by their keys, in the order in which these first occur."""
    groups: dict[Hashable, list[int]] = {}
    for k in indices:
        groups.setdefault(keys[k], []).append(k)
    return list(groups.values())


def _pooled(specs: Sequence[RunSpec], indices: Sequence[int]) -> list[list[int]]:
    """Return the indices in portions whose Gram matrices fit into ``MOST_DOUBLES``."""
    portions: list[list[int]] = []
    doubles = 0
    for k in indices:
        own = specs[k].replicas * int(np.sum(getattr(specs[k].problem, "sizes", 0))) ** 2
        if not portions or doubles + own > MOST_DOUBLES:
            portions, doubles = [*portions, []], 0
        portions[-1].append(k)
        doubles += own
    return portions


class _Group:
    """Runs that go from record to record together; one that diverges is left behind."""

    def __init__(self, specs: Sequence[RunSpec]):
        for spec in specs:
            spec.check()
        self._specs = specs
        self._states = [_start(spec) for spec in specs]
        self._first = [state.w for state in self._states]
        self._recorders = [Recorder(spec.problem, spec.method, {}) for spec in specs]
        self._failed: dict[int, int] = {}
        self._live: list[int] = []

    def compute(self, bar: Progress) -> list[Trace]:
        """Return the traces."""
        for recorder, state in zip(self._recorders, self._states, strict=True):
            recorder.add(state)
        self._go_on_with(range(len(self._specs)))
        spec = self._specs[0]
        for gap in np.diff(spec.record.rounds(spec.rounds)):
            self._advance(int(gap), bar)
        return [self._trace(k) for k in range(len(self._specs))]

    def _go_on_with(self, live: Iterable[int]) -> None:
        self._live = list(live)
        runs = [Run(s.problem, s.method, s.stream, s.replicas) for s in (self._specs[k] for k in self._live)]
        self._batch = LaneBatch(runs) if runs else None

    def _advance(self, gap: int, bar: Progress) -> None:
        if self._batch is None:
            return
        states = [self._states[k] for k in self._live]
        reached = self._batch.advance(states, gap, lambda rounds: bar.update(rounds * len(states)))
        for k, (state, failed) in zip(self._live, reached, strict=True):
            self._states[k] = state
            if failed is None:
                self._recorders[k].add(state)
            else:
                self._failed[k] = failed
        if self._failed.keys() & set(self._live):
            self._go_on_with(k for k in self._live if k not in self._failed)

    def _trace(self, k: int) -> Trace:
        spec, status = self._specs[k], Status.DIVERGED if k in self._failed else Status.COMPLETE
        message = status.value
        if k in self._failed:
            message = divergence_message(spec.problem, spec.method, self._failed[k], self._first[k])
        return self._recorders[k].trace(LaneKernel.name, status, message)


def _start(spec: RunSpec) -> State:
    start = None if spec.start is None else np.array(spec.start)
    return first_state(spec.problem, spec.method, start, spec.replicas)
