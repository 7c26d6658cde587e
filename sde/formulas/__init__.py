"""Closed forms of the slow SDE: ψ, F, J, drift factors, moments inside a round, laws, scales.

As in `implicitbias.formulas`, ``FORMULAS[name]`` holds a lazy SymPy expression and its stable numerical twin;
``latex(name)`` and ``symbolic(name)`` load SymPy when they are called, the numerical twins never do.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from implicitbias.formulas import Formula, named
from sde.formulas import _factors, _laws, _moments, _potential, _scales, _special
from sde.formulas._conventional import conventional_gap as conventional_gap
from sde.formulas._factors import drift_factor as drift_factor
from sde.formulas._factors import finite_drift_factor as finite_drift_factor
from sde.formulas._factors import finite_mixed_factor as finite_mixed_factor
from sde.formulas._factors import mixed_factor as mixed_factor
from sde.formulas._factors import pair_factor as pair_factor
from sde.formulas._laws import circle_drift as circle_drift
from sde.formulas._laws import circle_moment as circle_moment
from sde.formulas._laws import diagonal_network_rates as diagonal_network_rates
from sde.formulas._laws import label_noise_log_density as label_noise_log_density
from sde.formulas._laws import stationary_log_density as stationary_log_density
from sde.formulas._laws import uv_imbalance as uv_imbalance
from sde.formulas._laws import uv_isotropic_drift as uv_isotropic_drift
from sde.formulas._laws import uv_rate as uv_rate
from sde.formulas._moments import disagreement as disagreement
from sde.formulas._moments import mean_covariance as mean_covariance
from sde.formulas._moments import round_disagreement as round_disagreement
from sde.formulas._moments import round_excess_loss as round_excess_loss
from sde.formulas._moments import slow_round_disagreement as slow_round_disagreement
from sde.formulas._moments import worker_covariance as worker_covariance
from sde.formulas._potential import label_noise_potential as label_noise_potential
from sde.formulas._potential import potential_of_curvature as potential_of_curvature
from sde.formulas._scales import first_phase_rounds as first_phase_rounds
from sde.formulas._scales import qsr_drift_correction as qsr_drift_correction
from sde.formulas._special import F as F
from sde.formulas._special import J as J
from sde.formulas._special import psi as psi
from sde.formulas._special import psi_discrete as psi_discrete


_GROUPS = (_special, _factors, _moments, _potential, _laws, _scales)

# Every closed form of the slow SDE, by its name.
FORMULAS: Mapping[str, Formula] = MappingProxyType({f.name: f for group in _GROUPS for f in group.FORMULAS})


def formula(name: str) -> Formula:
    """Return the formula of that name.

    Raises
    ------
    BadInput
        If there is none; the message lists the names.
    """
    return named(FORMULAS, name)


def symbolic(name: str) -> Any:
    """Right-hand side of a formula as a SymPy expression."""
    return formula(name).symbolic()


def latex(name: str) -> str:
    """LaTeX of a formula."""
    return formula(name).latex()
