"""``sweep``: the same measurement over seeds × knobs × data sets."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from implicitbias import archive, checks
from implicitbias.engine.advance import Progress
from implicitbias.engine.progress import progress_bar
from implicitbias.engine.records import RecordAt
from implicitbias.engine.request import check_records
from implicitbias.errors import BadInput
from implicitbias.methods import LocalMethod
from implicitbias.problems import AbstractProblem
from implicitbias.sweeps.block import Blocks, FINAL, Measure, measured, Measures, STATUS
from implicitbias.sweeps.gathering import Gathering
from implicitbias.sweeps.grid import coordinates, Grid
from implicitbias.sweeps.outcome import Sweep
from implicitbias.tasks import AbstractExecutor, finished, Serial, Store


# Runs per task: enough to share the cost of a task, few enough to keep many workers busy.
BLOCK = 16

AnyProblem = AbstractProblem | Callable[..., AbstractProblem]
AnyMethod = LocalMethod | Callable[..., LocalMethod]


def sweep(
    problem: AnyProblem | Mapping[str, AnyProblem],
    method: AnyMethod | Mapping[str, AnyMethod],
    rounds: int | Callable[..., int],
    *,
    over: Mapping[str, Sequence[object]] | None = None,
    seeds: Sequence[int] = (0,),
    measure: Mapping[str, Measure] | None = None,
    record: RecordAt = RecordAt.last(),
    start: Sequence[float] | None = None,
    on: AbstractExecutor = Serial(),
    store: str | os.PathLike[str] | None = None,
    block: int = BLOCK,
    progress: Progress | bool | None = None,
) -> Sweep:
    """Run a method on a problem at every combination of knobs and seeds, and return what is measured.

        sweep(problem, lambda lr, local_steps: local_gd(lr, local_steps), rounds=1000,
              over={"lr": (0.05, 0.1, 0.2), "local_steps": (1, 10, 100)})

    Where a function is given for ``problem``, ``method`` or ``rounds``, it is called with the knobs that its
    parameters name; a problem may also ask for ``stream``, that of the seed, to draw its data from. All randomness
    is addressed by the seed: runs of one seed at different knobs read the same numbers.

    Runs are computed in blocks and reduced to what is measured at once, so that memory grows with the measurements
    alone. Results are the same to the byte on every executor. Ctrl-C returns the ``Sweep`` so far: runs that are
    missing have the status INTERRUPTED and NaN for values.

    Parameters
    ----------
    problem
        What is minimised: a problem, a function making it, or several of these by name (the axis ``problem``).
    method
        How: a method, a function making it, or several of these by name (the axis ``method``).
    rounds
        Number of rounds, or a function of knobs, such as ``lambda local_steps: 10**6 // local_steps``.
    over
        Values of every knob: numbers, texts or truth values.
    seeds
        Distinct seeds, the last axis.
    measure
        Functions of the trace of a run, each a number or an array of one shape; by default the final ``w``,
        ``log_loss`` and ``margin`` min_i x_i·w/|w|.
    record
        Rounds that a trace keeps; by default only the last one.
    start
        w⁰; 0 by default.
    on
        ``Serial()``, ``Processes(n)`` or ``Cluster("tcp://…")``.
    store
        Folder in which finished blocks are kept: after a crash, the same sweep computes what is missing only.
        A kept block answers for the same code, runs and measures.
    block
        Runs per task.
    progress
        A bar with ``update``, ``True`` for tqdm, ``False`` for none; by default tqdm on a terminal, after 2 s.

    Raises
    ------
    BadInput
        Before any work: a value, the rule it breaks, the cure. During it: a measurement that changes its shape.
    WorkersLost
        If the executor lost its workers.
    """
    check_records(record, None, None, progress)
    checks.instance("on", on, AbstractExecutor, "give Serial(), Processes(2) or Cluster('tcp://…')")
    size = checks.integer("block", block, 1, "16 runs share the cost of a task")
    measures = _measures(measure)
    for name, given in (("problem", problem), ("method", method)):
        if isinstance(given, Mapping) and not given:
            raise checks.refuse(
                name, given, "names nothing to sweep over", f"give one {name}, or several by name"
            )
    grid = Grid(problem, method, rounds, _knobs(over), _seeds(seeds), record, _start(start))
    dims = grid.check()
    if measure is None and len(dims) > 1:
        raise BadInput(
            f"problems of dimensions d = {sorted(dims)}: w cannot be one array; give measure=, e.g. numbers only"
        )
    return _swept(Blocks(grid, measures, size), on, _store(store), progress)


def _swept(
    blocks: Blocks, on: AbstractExecutor, store: Store | None, progress: Progress | bool | None
) -> Sweep:
    grid = blocks.grid
    gathering = Gathering(grid.size, blocks.measures)
    arriving = closing(finished(measured, blocks, on=on, store=store))
    try:
        with progress_bar(progress, grid.size, unit="run") as bar, arriving as results:
            for number, result in results:
                gathering.add(blocks.runs(number), result)
                bar.update(len(blocks.runs(number)))
    except KeyboardInterrupt:
        # What has arrived is returned, as ``run`` does; its status says that more was asked for.
        pass
    return Sweep(grid.axes, gathering.values(grid.shape), gathering.status.reshape(grid.shape))


def _knobs(over: object) -> dict[str, tuple[Any, ...]]:
    checks.instance("over", over, Mapping | None, "give {name of a knob: its values}")
    return (
        {name: coordinates(name, values) for name, values in over.items()}
        if isinstance(over, Mapping)
        else {}
    )


def _seeds(seeds: object) -> tuple[int, ...]:
    cure = "give distinct seeds, e.g. range(8)"
    given = checks.sequence("seeds", list(seeds) if isinstance(seeds, range) else seeds, cure)
    numbers = tuple(checks.integer("seeds", seed, 0, cure) for seed in given)
    if len(set(numbers)) < len(numbers):
        raise checks.refuse(
            "seeds", seeds, "holds a seed twice", "the same seed gives the same run; drop one"
        )
    return numbers


def _measures(measure: object) -> Measures:
    cure = "give {name: function of a trace}"
    checks.instance("measure", measure, Mapping | None, cure)
    chosen = FINAL if measure is None else measure
    for name, function in chosen.items() if isinstance(chosen, Mapping) else ():
        if not isinstance(name, str) or name == STATUS or not callable(function):
            raise checks.refuse(
                "measure", {name: function}, f"must map a name other than {STATUS!r} to a function", cure
            )
    if not chosen:
        raise BadInput(f"measure = {{}}: measures nothing; {cure}")
    return tuple(chosen.items()) if isinstance(chosen, Mapping) else ()


def _start(start: object) -> tuple[float, ...] | None:
    if start is None:
        return None
    cure = "give one vector, or leave it out for 0"
    vector = checks.real_array("start", start, cure)
    if vector.ndim != 1:
        raise checks.refuse("start", start, "must be one vector w⁰", cure)
    return tuple(vector.tolist())


def _store(folder: str | os.PathLike[str] | None) -> Store | None:
    if folder is None:
        return None
    checks.instance("store", folder, str | os.PathLike, "give a folder such as 'out/sweep'")
    archive.check_writable("store", Path(folder))
    return Store(Path(folder))
