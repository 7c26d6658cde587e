"""Drift and diffusion approximations of local methods near a manifold of minima."""

from sde.formulas import F as F
from sde.formulas import psi as psi
from sde.formulas import psi_discrete as psi_discrete
