"""How local methods move along the minima: landscapes, slow and conventional SDEs, schemes, references, comparison.

| question | answer |
|---|---|
| a loss, its gradient noise, its manifold of minima | ``Landscape``; ``zoo`` holds those with closed forms |
| what Local SGD does on it | ``implicitbias.run(landscape, local_sgd(…, workers=M), …)`` |
| what theory says it does | ``slow_sde``, ``chart_sde``, ``label_noise_flow``, ``slow_path``, ``conventional_sde`` |
| solve that | ``integrate`` with a scheme; in one dimension ``references`` |
| do the two agree | ``comparison`` |
| ψ, F, J and every factor | ``formulas`` |
"""

from sde.approximations import ApproximationWarning as ApproximationWarning
from sde.approximations import chart_sde as chart_sde
from sde.approximations import conventional_sde as conventional_sde
from sde.approximations import label_noise_flow as label_noise_flow
from sde.approximations import slow_path as slow_path
from sde.approximations import slow_sde as slow_sde
from sde.approximations import WorkerNoise as WorkerNoise
from sde.brownian import BrownianPath as BrownianPath
from sde.brownian import Increments as Increments
from sde.equations import Convention as Convention
from sde.equations import NoiseKind as NoiseKind
from sde.equations import SDE as SDE
from sde.equations import SymbolicSDE as SymbolicSDE
from sde.extrapolation import talay_tubaro as talay_tubaro
from sde.formulas import F as F
from sde.formulas import J as J
from sde.formulas import psi as psi
from sde.formulas import psi_discrete as psi_discrete
from sde.half_step import half_step as half_step
from sde.integrate import integrate as integrate
from sde.landscapes import Chart as Chart
from sde.landscapes import Covariance as Covariance
from sde.landscapes import Equations as Equations
from sde.landscapes import Factors as Factors
from sde.landscapes import Isotropic as Isotropic
from sde.landscapes import LabelNoise as LabelNoise
from sde.landscapes import Landscape as Landscape
from sde.landscapes import SampleLosses as SampleLosses
from sde.schemes import AdditiveHeun as AdditiveHeun
from sde.schemes import EulerMaruyama as EulerMaruyama
from sde.schemes import ItoTaylor as ItoTaylor
from sde.schemes import Milstein as Milstein
from sde.schemes import Platen as Platen
from sde.schemes import PlatenGeneral as PlatenGeneral
from sde.schemes import ProjectedEuler as ProjectedEuler
from sde.schemes import SimplifiedWeakEuler as SimplifiedWeakEuler
from sde.schemes import StochasticHeun as StochasticHeun
