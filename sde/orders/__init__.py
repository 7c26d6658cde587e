"""Orders measured, to hold against those that schemes declare: weak ones exactly, strong ones on shared paths."""

from sde.orders.one_step import one_step_law as one_step_law
from sde.orders.one_step import OneStepLaw as OneStepLaw
from sde.orders.one_step import SKEWED as SKEWED
from sde.orders.one_step import THREE_POINT as THREE_POINT
from sde.orders.one_step import TWO_POINT as TWO_POINT
from sde.orders.strong import strong_errors as strong_errors
from sde.orders.strong import strong_order as strong_order
from sde.orders.torus import circle_case as circle_case
from sde.orders.torus import torus_case as torus_case
from sde.orders.torus import TorusCase as TorusCase
from sde.orders.weak import weak_errors as weak_errors
from sde.orders.weak import weak_order as weak_order
