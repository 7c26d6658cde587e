"""Bounds of theorems with named constants, checked hypotheses, a value, and how tight they are."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Float

from implicitbias.display import badge, brief, card, in_brief, table
from implicitbias.display.digits import number
from implicitbias.errors import BadInput
from implicitbias.formulas import halpern_residual


CRAWSHAW = 70.0  # constant of crawshaw2025: f ≤ γ/(70 ηHM) keeps the drift below a fifth of the gradient
STABLE_LOGISTIC = 8.0  # 2/L with L = b_x²/4: no local step with η b_x² ≤ 8 raises a logistic loss

ROW_ROUNDING = 1e-12  # a row divided by the largest length is that much longer than 1 at most


@dataclass(frozen=True)
class Bound:
    """An upper bound as a theorem gives it.

    Parameters
    ----------
    name : str
        What is bounded, and by which result.
    constants : mapping of str to float
        The numbers that entered, by their symbols.
    hypotheses : tuple of (str, bool)
        Each hypothesis with whether it was met.
    value : float
        The bound; claimed only if all hypotheses are met.
    """

    name: str
    constants: Mapping[str, float] = field(hash=False)
    hypotheses: tuple[tuple[str, bool], ...]
    value: float

    __repr__ = in_brief

    def _repr_html_(self) -> str:
        met = [(said, badge("met" if holds else "not met", holds)) for said, holds in self.hypotheses]
        constants = ", ".join(f"{symbol} = {brief(value)}" for symbol, value in self.constants.items())
        value = number(self.value) if self.applicable else "nothing is claimed: a hypothesis is not met"
        return card(self.name, [("bound", value), ("with", constants)], body=[table(("hypothesis", ""), met)])

    @property
    def applicable(self) -> bool:
        """Whether every hypothesis is met."""
        return all(met for _, met in self.hypotheses)

    @property
    def unmet(self) -> tuple[str, ...]:
        """The hypotheses that fail."""
        return tuple(description for description, met in self.hypotheses if not met)

    def tightness(self, measured: float) -> float:
        """Return measured/value: at most 1 unless the bound is violated, near 1 if it is sharp.

        Raises
        ------
        BadInput
            If a hypothesis is unmet: then nothing was claimed, and a ratio would read as evidence.
        """
        if not self.applicable:
            raise BadInput(
                f"{self.name}: unmet hypotheses {', '.join(self.unmet)}; "
                "the bound claims nothing here, ask `applicable` first"
            )
        if self.value == 0.0:
            return 0.0 if measured == 0.0 else math.inf
        return measured / self.value


def drift_bound(
    worker_losses: Float[np.ndarray, "worker"],
    *,
    lr: float,
    local_steps: int,
    row_norm: float = 1.0,
    loss: Literal["exponential", "logistic"] = "logistic",
) -> Bound:
    """|b_r| ≤ 2 b_x³ ηHM f², the drift of one round of local GD (derived).

    One round is w ← w − ηH(∇f(w) + b_r). With δ_m = ηH b_x² f_m(w^r), local steps that do not raise f_m move
    at most a distance δ_m/b_x, and |d log|ℓ′|/dz| ≤ 1 gives |b_r| ≤ (b_x/M) Σ_m f_m (e^{δ_m} − 1). For
    δ_m ≤ 1, e^δ − 1 ≤ 2δ and Σ f_m² ≤ M²f² give the bound.

    Parameters
    ----------
    worker_losses : array (worker,)
        f_m(w^r) ≥ 0.
    lr, local_steps : float, int
        η and H.
    row_norm : float
        b_x, the largest |x_i|.
    loss : str
        Decides when local steps are known not to raise f_m: η b_x² f_m ≤ 1 (exponential), η b_x² ≤ 8
        (logistic).
    """
    losses = np.asarray(worker_losses, dtype=float)
    scaled, workers, mean = lr * row_norm**2, len(losses), float(losses.mean())
    value = 2.0 * row_norm * scaled * local_steps * workers * mean**2
    hypotheses = (
        *_descends(losses, scaled, loss),
        ("δ_m = ηH b_x² f_m ≤ 1", bool((scaled * local_steps * losses <= 1.0).all())),
    )
    constants = {"η": lr, "H": local_steps, "M": workers, "f": mean, "b_x": row_norm}
    return Bound("drift |b_r| ≤ 2 b_x³ ηHM f²", constants, hypotheses, value)


def path_drift_bound(
    worker_losses: Float[np.ndarray, "worker"],
    *,
    lr: float,
    local_steps: int,
    row_norm: float = 1.0,
    loss: Literal["exponential", "logistic"] = "logistic",
) -> Bound:
    """|b_r| ≤ (b_x/M) Σ_m f_m (e^{δ_m} − 1), δ_m = ηH b_x² f_m: `drift_bound` before it is simplified.

    Holds for every δ_m and is sharper; the parameters are those of `drift_bound`.
    """
    losses = np.asarray(worker_losses, dtype=float)
    scaled = lr * row_norm**2
    value = row_norm * float((losses * np.expm1(scaled * local_steps * losses)).mean())
    constants = {"η": lr, "H": local_steps, "M": len(losses), "f": float(losses.mean()), "b_x": row_norm}
    name = "drift |b_r| ≤ (b_x/M) Σ f_m (e^δ_m − 1)"
    return Bound(name, constants, _descends(losses, scaled, loss), value)


def crawshaw_threshold(
    margin: float, *, lr: float, local_steps: int, workers: int, row_norm: float = 1.0
) -> Bound:
    """f(w^r) ≤ γ/(70 b_x³ ηHM), below which |b_r| ≤ |∇f(w^r)|/5 (crawshaw2025).

    A bound on the loss to be *reached*: ``tightness(f)`` ≤ 1 says that the round is past the onset.

    Parameters
    ----------
    margin : float
        γ of the data, in the units of the rows.
    lr, local_steps, workers : float, int, int
        η, H, M.
    row_norm : float
        b_x; the lemma is stated for 1 and applied to x/b_x, η b_x², γ/b_x.
    """
    positive = (("γ > 0", margin > 0.0), ("η, H, M, b_x > 0", min(lr, local_steps, workers, row_norm) > 0))
    if not all(met for _, met in positive):
        raise BadInput(
            f"γ, η, H, M, b_x = {margin}, {lr}, {local_steps}, {workers}, {row_norm}: all must be positive; "
            "data without a margin have no onset"
        )
    value = margin / (CRAWSHAW * row_norm**3 * lr * local_steps * workers)
    constants = {"γ": margin, "η": lr, "H": local_steps, "M": workers, "b_x": row_norm}
    return Bound("onset f ≤ γ/(70 b_x³ ηHM)", constants, positive, value)


def halpern_bound(distance: float, rounds: int) -> Bound:
    """|u^r − T u^r| ≤ 2|u⁰ − u*|/(r + 1) for Halpern's iteration (lieder2021).

    u^{r+1} = u⁰/(r+2) + (1 − 1/(r+2)) T u^r with T nonexpansive and u* a fixed point; equality for T = −I at
    every even r.

    Parameters
    ----------
    distance : float
        |u⁰ − u*|, with the anchor u⁰ as start.
    rounds : int
        r ≥ 0.
    """
    hypotheses = (("r ≥ 0", rounds >= 0), ("|u⁰ − u*| ≥ 0", distance >= 0.0))
    value = float(halpern_residual(distance, rounds))
    return Bound("Halpern |u − Tu| ≤ 2D/(r+1)", {"D": distance, "r": rounds}, hypotheses, value)


def normalised_margin_bound(margin: float, samples: int, time: float, row_norm: float = 1.0) -> Bound:
    """Margin gap γ − min_i x_i·w/|w| ≤ (ln n + 1)/(γ Σ_{j<t} e_j) of normalised gradient descent (ji2021, Thm 7).

    w ← w − e_j ∇log f(w) from w = 0, f the mean exponential loss of n samples of length at most 1, e_j ≤ 1 not
    increasing.

    Parameters
    ----------
    margin, samples : float, int
        γ > 0 and n.
    time : float
        Σ_{j<t} e_j > 0.
    row_norm : float
        b_x, the largest |x_i|; the theorem asks for b_x ≤ 1.
    """
    hypotheses = (
        ("γ > 0", margin > 0.0),
        ("Σ e_j > 0", time > 0.0),
        ("b_x ≤ 1", row_norm <= 1.0 + ROW_ROUNDING),
    )
    value = (math.log(samples) + 1.0) / (margin * time) if margin * time > 0.0 else math.inf
    constants = {"γ": margin, "n": samples, "Σe": time, "b_x": row_norm}
    return Bound("margin gap ≤ (ln n + 1)/(γ Σ e_j)", constants, hypotheses, value)


def _descends(losses: np.ndarray, scaled_lr: float, loss: str) -> tuple[tuple[str, bool]]:
    if loss == "exponential":
        return (
            ("η b_x² f_m ≤ 1 (exponential: local steps descend)", bool((scaled_lr * losses <= 1.0).all())),
        )
    if loss == "logistic":
        return (("η b_x² ≤ 8 (logistic: local steps descend)", scaled_lr <= STABLE_LOGISTIC),)
    raise BadInput(f"loss = {loss!r}: the drift is bounded for 'exponential' and 'logistic'; choose one")
