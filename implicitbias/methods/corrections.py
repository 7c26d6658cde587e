"""Corrections of client drift: workers with different losses pull apart, the more so the more steps they take."""

from dataclasses import dataclass
from typing import Literal

from implicitbias import checks


@dataclass(frozen=True)
class Scaffold:
    """Control variates against client drift: steps along ∇f_m(v) − c_m + c, c = Σ_m p_m c_m [karimireddy2020].

    After its local work a worker that took part updates its control, with all of the round's old values on the right:
    ``"path"`` c_m ← c_m − c + (w^r − w_m)/Σ_k η_k (option II there, no further gradient), or ``"gradient"``
    c_m ← ∇f_m(w^r) with all samples (option I). Controls start at 0.
    """

    option: Literal["path", "gradient"] = "path"

    def __post_init__(self):
        if self.option not in ("path", "gradient"):
            rule = "a control follows the path of the local work, or the gradient where it began"
            raise checks.refuse("option", self.option, rule, "give 'path' or 'gradient'")


@dataclass(frozen=True)
class FedNova:
    """Normalised averaging: w^{r+1} = w^r + τ Σ_m p_m (w_m − w^r)/H_m [wang2020].

    No worker counts by its number of steps.

    Parameters
    ----------
    effective_steps
        τ; None for Σ_m p_m H_m, with which equal H_m give plain averaging.
    """

    effective_steps: float | None = None

    def __post_init__(self):
        if self.effective_steps is not None:
            cure = "None is Σ p_m H_m, the local steps of an average worker"
            checks.number("effective_steps", self.effective_steps, cure, above=0)
