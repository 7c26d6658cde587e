"""The proof that comes with a separator: a primal point, a dual point, and the distance between them."""

from dataclasses import dataclass, fields

import numpy as np

from implicitbias.display import in_brief
from implicitbias.errors import NotCertified
from implicitbias.oracle.extended import EXTENDED


# A polished, certified pair sits at 1e-17; 1e-12 leaves room for b_x/γ up to 1e5, and no solver output passes by luck.
CERTIFIED = 1e-12


@dataclass(frozen=True)
class Certificate:
    """Karush–Kuhn–Tucker residuals of (w, a), each dimensionless, each ≤ 1e-12 in a certified answer.

    Attributes
    ----------
    primal_violation : float
        max_i (1 − x_i·w)₊.
    stationarity : float
        |D w − Σ a_i x_i| / |D w| in the dual norm (D = I for the Euclidean norm); for the max norm the defect
        1 − (Σ a_i x_i)·w / (|Σ a_i x_i|_1 |w|_∞) of Hölder's inequality.
    dual_violation : float
        max_i (−a_i)₊ / Σ a_i.
    complementarity : float
        Σ a_i |x_i·w − 1| / Σ a_i.
    relative_gap : float
        1 − (lower/upper)², where lower = min_i x_i·w/|w| ≤ γ ≤ |Σ a_i x_i|/Σ a_i = upper for *any* w and a ≥ 0.
    method : str
        Which solver supplied the first guess of the active set.
    """

    primal_violation: float
    stationarity: float
    dual_violation: float
    complementarity: float
    relative_gap: float
    method: str

    __repr__ = in_brief

    @property
    def failure(self) -> str | None:
        """The first residual above its bound, in words; None when certified."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "method" and not abs(value) <= CERTIFIED:
                return (
                    f"{field.name} = {value:.3g} exceeds its bound {CERTIFIED:g} (first guess: {self.method})"
                )
        return None

    def require(self) -> None:
        """Raise `NotCertified`, naming the residual, its value and its bound, unless all are met."""
        if self.failure is not None:
            raise NotCertified(
                f"max_margin: {self.failure}; the margin is too small against b_x = max |x_i| for this precision: "
                "rescale the features or drop near-duplicates of opposite label"
            )


def kkt_certificate(
    slack: np.ndarray, duals: np.ndarray, primal: np.ndarray, combined: np.ndarray, method: str
) -> Certificate:
    """Certificate of v = D^{1/2} w against a ≥ 0, from extended-precision arrays.

    Parameters
    ----------
    slack : array, shape (n,)
        x_i·w − 1.
    duals : array, shape (n,)
        a_i.
    primal : array, shape (d,)
        v = D^{1/2} w.
    combined : array, shape (d,)
        D^{-1/2} Σ a_i x_i.
    method : str
        Origin of the first guess.
    """
    total = duals.sum()
    norm, dual_norm = np.sqrt(primal @ primal), np.sqrt(combined @ combined)
    lower, upper = (1 + slack.min()) / norm, dual_norm / total
    return Certificate(
        primal_violation=float(max(EXTENDED(0), -slack.min())),
        stationarity=float(np.sqrt(np.sum((primal - combined) ** 2)) / norm),
        dual_violation=float(max(EXTENDED(0), -duals.min()) / total),
        complementarity=float(np.abs(duals) @ np.abs(slack) / total),
        relative_gap=float((upper - lower) * (upper + lower) / upper**2),
        method=method,
    )
