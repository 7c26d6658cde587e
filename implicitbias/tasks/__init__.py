"""Many independent tasks: who executes them, and where finished ones are kept.

| executor | tasks run |
|---|---|
| ``Serial()`` | one after the other, here |
| ``Processes(n)`` | on n processes of this machine, or on the active joblib configuration |
| ``Cluster("tcp://…")`` | on the workers of a Dask scheduler |

A result depends on its task alone, never on the executor; a ``Store`` keeps results as they finish.
"""

from implicitbias.tasks.cluster import Cluster as Cluster
from implicitbias.tasks.executor import AbstractExecutor as AbstractExecutor
from implicitbias.tasks.executor import Serial as Serial
from implicitbias.tasks.finished import finished as finished
from implicitbias.tasks.finished import in_order as in_order
from implicitbias.tasks.processes import on_this_machine as on_this_machine
from implicitbias.tasks.processes import Processes as Processes
from implicitbias.tasks.store import AbstractForm as AbstractForm
from implicitbias.tasks.store import Arrays as Arrays
from implicitbias.tasks.store import Store as Store
