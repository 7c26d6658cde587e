"""Stochastic differential equations for what local methods do on a landscape.

| horizon | equation |
|---|---|
| t_c = η·steps = O(1) | ``conventional_sde(landscape, method, order=1 or 2)`` |
| t = η²·steps = O(1), along Γ | ``slow_sde(landscape, method)`` in R^d, ``chart_sde(landscape, method)`` in a chart |
| the same under label noise | ``label_noise_flow(landscape, method)``; ``slow_path`` solves it |
| the noise of a run, to drive one of them with | ``WorkerNoise(landscape, method, stream)`` |
"""

from sde.approximations.chart import chart_sde as chart_sde
from sde.approximations.conventional import conventional_sde as conventional_sde
from sde.approximations.path import slow_path as slow_path
from sde.approximations.setting import ApproximationWarning as ApproximationWarning
from sde.approximations.setting import Setting as Setting
from sde.approximations.setting import setting_of as setting_of
from sde.approximations.slow import label_noise_flow as label_noise_flow
from sde.approximations.slow import slow_sde as slow_sde
from sde.approximations.worker_noise import WorkerNoise as WorkerNoise
