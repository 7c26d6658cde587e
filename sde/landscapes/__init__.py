"""Landscapes: a symbolic loss, the noise of its gradients, its manifold of minima, and what follows from them."""

from sde.landscapes.antithetic import antithetic as antithetic
from sde.landscapes.curvature import Curvature as Curvature
from sde.landscapes.landscape import Landscape as Landscape
from sde.landscapes.manifold import Chart as Chart
from sde.landscapes.manifold import Equations as Equations
from sde.landscapes.noise import Covariance as Covariance
from sde.landscapes.noise import Factors as Factors
from sde.landscapes.noise import Isotropic as Isotropic
from sde.landscapes.noise import LabelNoise as LabelNoise
from sde.landscapes.noise import SampleLosses as SampleLosses
from sde.landscapes.scaled import scaled as scaled
