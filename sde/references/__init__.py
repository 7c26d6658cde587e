"""Deterministic answers to compare paths with: in one dimension without sampling, each with its own error.

| question | answer |
|---|---|
| E g(q_t) from a point | `expectation` (backward Kolmogorov equation) |
| the density of q_t | `density` (forward Fokker–Planck equation) |
| the law of q_∞ | `stationary_law` (quadrature) |
| the path, if there is no noise, in any dimension | `flow` |
"""

from sde.references.domain import Ring as Ring
from sde.references.domain import Segment as Segment
from sde.references.flow import flow as flow
from sde.references.fokker_planck import Density as Density
from sde.references.fokker_planck import density as density
from sde.references.kolmogorov import expectation as expectation
from sde.references.reference import Reference as Reference
from sde.references.stationary import stationary_law as stationary_law
from sde.references.stationary import StationaryLaw as StationaryLaw
