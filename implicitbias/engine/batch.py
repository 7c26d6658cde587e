"""Many runs at once: a batch is defined as its runs one by one."""

from collections.abc import Sequence

from implicitbias.engine.run_spec import RunSpec
from implicitbias.engine.trace import Trace


def run_batch(specs: Sequence[RunSpec]) -> tuple[Trace, ...]:
    """Return the trace of every run; that of a run does not depend on the others in its batch.

    A divergence is a result: it is in the trace's status.
    """
    return tuple(spec.compute() for spec in specs)
