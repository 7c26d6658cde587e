"""Sweeps: the same measurement over seeds × knobs × data sets.

| module | what it holds |
|---|---|
| ``sweep`` | the one entry |
| ``grid`` | which runs a sweep consists of |
| ``block`` | runs computed together and reduced to what is measured |
| ``outcome`` | ``Sweep``, the labelled result |
"""

from implicitbias.sweeps.outcome import Sweep as Sweep
from implicitbias.sweeps.sweep import sweep as sweep
