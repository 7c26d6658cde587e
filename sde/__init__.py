"""Drift and diffusion approximations of local methods near a manifold of minima."""

from sde.brownian import BrownianPath as BrownianPath
from sde.brownian import Increments as Increments
from sde.equations import Convention as Convention
from sde.equations import NoiseKind as NoiseKind
from sde.equations import SDE as SDE
from sde.equations import SymbolicSDE as SymbolicSDE
from sde.extrapolation import talay_tubaro as talay_tubaro
from sde.formulas import F as F
from sde.formulas import psi as psi
from sde.formulas import psi_discrete as psi_discrete
from sde.half_step import half_step as half_step
from sde.integrate import integrate as integrate
from sde.schemes import AdditiveHeun as AdditiveHeun
from sde.schemes import EulerMaruyama as EulerMaruyama
from sde.schemes import ItoTaylor as ItoTaylor
from sde.schemes import Milstein as Milstein
from sde.schemes import Platen as Platen
from sde.schemes import PlatenGeneral as PlatenGeneral
from sde.schemes import ProjectedEuler as ProjectedEuler
from sde.schemes import SimplifiedWeakEuler as SimplifiedWeakEuler
from sde.schemes import StochasticHeun as StochasticHeun
