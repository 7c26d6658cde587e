r"""How far local work at a finite log-scale Λ is from its limit Λ → ∞, with explicit constants.

All bounds compare a penalty e^{Λ(s − x·u)} with the constraint x·u ≥ s that it becomes; exponential loss, u = w/Λ.
"""

import math

import numpy as np
import scipy
from jaxtyping import Float

from implicitbias.local_solvers.margin_sets import margin_set
from implicitbias.local_solvers.sweeping import sweeping_process, SweepPath
from implicitbias.problems import LinearClassification


def projection_distance_bound(
    problem: LinearClassification, worker: int, u: Float[np.ndarray, " dim"], log_scale: float
) -> float:
    r"""|u_Λ − P_m(u)|² ≤ 1/Λ² + (1/Λ) Σ β_i (log(n_m Λ β_i) − 1), u_Λ the proximal point of Λu at λ = e^{−Λ}.

    β_i > 0 are the multipliers of the projection, P_m(u) = u + Σ β_i x_i (derived).

    u_Λ minimises F(v) = |v − u|²/2 + h(v), h(v) = Σ e^{Λ(1 − x_i·v)}/(n_mΛ²), which is 1-strongly convex, and
    h(P) ≤ 1/Λ². Compare F(u_Λ) with F(P): what remains is Σ (β_i δ_i − e^{Λδ_i}/(n_mΛ²)), δ_i = 1 − x_i·u_Λ,
    largest at e^{Λδ_i} = n_mΛβ_i.

    Parameters
    ----------
    problem, worker
        Separable rows of worker m, exponential loss.
    u
        Centre of the local work, divided by Λ.
    log_scale
        Λ = log(1/λ) > 0.

    Returns
    -------
    float
        A bound on the distance, of order (log Λ/Λ)^{1/2}.
    """
    found = margin_set(problem, worker).project(u)
    beta = found.multipliers[found.multipliers > 0]
    size = len(problem.local_signed[worker])
    gain = float((beta * (np.log(size * log_scale * beta) - 1.0)).sum())
    return math.sqrt(max(0.0, 1.0 / log_scale**2 + gain / log_scale))


def sweeping_distance_bound(
    problem: LinearClassification, worker: int, u: Float[np.ndarray, " dim"], log_scale: float
) -> float:
    r"""|v_Λ − Φ_m(u)|² ≤ (2/Λ) [(1 − s₀)/e + 1/(eΛ) + ∫ Σ b_i log₊(n_m b_i) ds], v_Λ the flow for time e^Λ.

    v_Λ = v(T)/Λ with v(0) = Λu, log T = Λ; s₀ = min(1, min x·u); b_i ≥ 0 the multipliers of the sweeping process,
    dΦ/ds = Σ b_i x_i (derived).

    Along both paths ½ d|v − Φ|²/ds = Σ (β_i − b_i) x_i·(v − Φ), β_i = e^{Λ(s − x_i·v)}/n_m. As x_i·Φ ≥ s, with
    equality where b_i > 0, and x_i·v − s = −log(n_mβ_i)/Λ, each term is at most
    (b_i − β_i) log(n_mβ_i)/Λ ≤ (b_i log₊(n_m b_i) + 1/(e n_m))/Λ. Before s₀ only v moves, by ½|v − u|² ≤ 1/(eΛ²).

    Returns
    -------
    float
        A bound on the distance, of order Λ^{−1/2}; the parameters are those of `projection_distance_bound`.
    """
    path = sweeping_process(problem, worker).run(u)
    moved = 1.0 - float(path.times[0])
    entropy = _entropy(problem.local_signed[worker], path)
    return math.sqrt(2.0 / log_scale * ((moved + 1.0 / log_scale) / math.e + entropy))


def layer_bound(
    rows: Float[np.ndarray, "sample dim"],
    shares: Float[np.ndarray, " sample"],
    path: SweepPath,
    log_scale: float,
) -> float:
    r"""A bound of order 1/Λ on |v(s) − Φ(s)| at the end of a path Φ, for dv/ds = Σ p_i x_i e^{Λ(s − x_i·v)} from v = Φ.

    On a piece of the path with dΦ/ds = Σ b_i x_i take y with x_i·y = −log(b_i/p_i) where b_i > 0. Then Ψ = Φ + y/Λ
    moves as the flow does, but for the rows that do not push: |Ψ' + ∇h(Ψ)| ≤ Σ_{b_i=0} p_i|x_i| e^{−Λg_i − x_i·y},
    g_i = x_i·Φ − s ≥ 0. The flow of a convex h is nonexpansive, so |v − Ψ| grows by at most the integral of this,
    and by |Δy|/Λ where y changes (derived):

        |v − Φ| ≤ ( |y_first| + Σ|Δy| + |y_last| )/Λ + Σ_pieces Σ_{b_i=0} p_i|x_i| e^{−x_i·y} ∫ e^{−Λg_i} ds.

    A gap that opens or closes with speed c contributes ∫ e^{−Λg} ds ≤ 1/(cΛ).

    Parameters
    ----------
    rows, shares
        x_i and p_i: 1/n_m for the flow of one worker, 1/(M n_m) for that of all.
    path
        A sweeping process of these rows.
    log_scale
        Λ > 0.

    Returns
    -------
    float
        The bound; not small where a row rests on its face without pushing.
    """
    total, before = 0.0, np.zeros(rows.shape[1])
    pieces = zip(np.diff(path.times), path.points, path.points[1:], path.times, path.active, strict=False)
    for lasting, start, end, s, active in pieces:
        if lasting <= 0.0:
            continue
        pushing, y = _layer(rows, shares, (end - start) / lasting, active)
        total += float(np.linalg.norm(y - before)) / log_scale
        gaps = np.stack([rows @ start - s, rows @ end - (s + lasting)])[:, ~pushing]
        weights = (shares * np.linalg.norm(rows, axis=1) * np.exp(-rows @ y))[~pushing]
        total += float(weights @ _time_near(gaps, lasting, log_scale))
        before = y
    return total + float(np.linalg.norm(before)) / log_scale


def local_layer_bound(
    problem: LinearClassification, worker: int, u: Float[np.ndarray, " dim"], log_scale: float
) -> float:
    """Bound |v_Λ − Φ_m(u)| as `layer_bound` does, and by Σ |x_i| e^{−Λg_i}/(n_mΛ) for the time before anything moves.

    Parameters and meaning are those of `sweeping_distance_bound`; of order 1/Λ where rows push or keep their distance.
    """
    rows, path = problem.local_signed[worker], sweeping_process(problem, worker).run(u)
    shares = np.full(len(rows), 1.0 / len(rows))
    gaps = np.maximum(rows @ u - path.times[0], 0.0)
    before = float(shares @ (np.linalg.norm(rows, axis=1) * np.exp(-log_scale * gaps))) / log_scale
    return before + layer_bound(rows, shares, path, log_scale)


def _layer(
    rows: np.ndarray, shares: np.ndarray, velocity: np.ndarray, active: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows push, and the y of least norm on which their penalties are their pushes."""
    push, touching = np.zeros(len(rows)), list(active)
    if touching:
        push[touching] = scipy.optimize.nnls(rows[touching].T, velocity)[0]
    pushing = push > 0.0
    target = -np.log(push[pushing] / shares[pushing])
    return pushing, np.linalg.lstsq(rows[pushing], target, rcond=None)[0]


def _time_near(gaps: np.ndarray, lasting: float, log_scale: float) -> np.ndarray:
    """Return ∫ e^{−Λg} ds over a piece on which g runs straight from the first row of gaps to the second."""
    low, rise = np.maximum(gaps.min(axis=0), 0.0), np.abs(np.diff(gaps, axis=0)[0])
    scaled = log_scale * rise
    # ∫ = e^{−Λ low}·lasting·(1 − e^{−x})/x with x = Λ·rise.
    share = np.where(scaled > 0.0, -np.expm1(-scaled) / np.where(scaled > 0.0, scaled, 1.0), 1.0)
    return lasting * np.exp(-log_scale * low) * share


def _entropy(rows: np.ndarray, path: SweepPath) -> float:
    """Return ∫ Σ b_i log₊(n b_i) ds along a path."""
    total = 0.0
    pieces = zip(np.diff(path.times), np.diff(path.points, axis=0), path.active, strict=True)
    for lasting, move, active in pieces:
        if lasting > 0.0 and active:
            push = scipy.optimize.nnls(rows[list(active)].T, move / lasting)[0]
            push = push[push > 0.0]
            total += lasting * float((push * np.maximum(0.0, np.log(len(rows) * push))).sum())
    return total
