"""Look at drift and diffusion at two points before anything runs: shapes, batches, and the structure declared."""

from typing import Any

import numpy as np

from implicitbias import checks
from implicitbias.errors import BadInput
from sde.equations.convention import NoiseKind
from sde.equations.field import Field


# A point and a batch go through different BLAS or vector code: rounding of sums over d terms.
ROUNDING = 1e-9


def probe_points(dim: int, probe: tuple[float, ...] | None) -> np.ndarray:
    """Return two points (2, d): generic ones in (0, 1)^d, where roots and logarithms live, or ``probe`` twice."""
    if probe is None:
        return np.linspace(0.31, 0.73, 2 * dim).reshape(2, dim)
    point = checks.real_array("probe", probe)
    if point.shape != (dim,):
        raise checks.refuse("probe", probe, f"must be one point of {dim} coordinates", "give a point on Γ")
    return np.array([point, point])


def probed(name: str, field: Field, x: np.ndarray, shape: tuple[int, ...], meaning: str) -> np.ndarray:
    """Return the field at the points x (2, d), refused unless it maps (…, d) to (…, *shape) point by point.

    Raises
    ------
    BadInput
        With the shapes given and wanted, what the given one would have meant, and the cure.
    """
    if not callable(field):
        raise checks.refuse(name, field, f"must be a function (…, d) ↦ {meaning}", "wrap a constant in one")
    alone = [_value(name, field, point, shape, meaning) for point in x]
    batch = _value(name, field, x, shape, meaning)
    if not np.allclose(batch, np.array(alone), rtol=ROUNDING, atol=ROUNDING, equal_nan=True):
        raise BadInput(
            f"{name}: gives other values on a batch (…, d) than point by point; read coordinates as x[..., i], and "
            "multiply by a matrix as x @ A.T"
        )
    return batch


def check_structure(kind: NoiseKind, diffusion: np.ndarray, jacobian: np.ndarray | None) -> None:
    """Refuse a declared structure that the diffusion (2, d, k) at the two points does not have.

    Raises
    ------
    BadInput
        With the entries that break it.
    """
    dim, noises = diffusion.shape[1:]
    found = {
        NoiseKind.SCALAR: noises == 1,
        NoiseKind.DIAGONAL: dim == noises and not diffusion[:, ~np.eye(dim, noises, dtype=bool)].any(),
        NoiseKind.ADDITIVE: np.array_equal(diffusion[0], diffusion[1], equal_nan=True),
    }
    if kind in (NoiseKind.COMMUTATIVE, NoiseKind.DIAGONAL) and jacobian is not None:
        found[kind] = found.get(kind, True) and commutes(diffusion, jacobian)
    if not found.get(kind, True):
        raise checks.refuse(
            "noise_kind", str(kind), f"the diffusion is not {kind}", "leave it out for 'general'"
        )


def commutes(diffusion: np.ndarray, jacobian: np.ndarray) -> bool:
    """Return whether L^j b^i = L^i b^j at every point given, up to rounding."""
    brackets = np.einsum("...ijl,...lm->...ijm", jacobian, diffusion)
    scale = float(np.abs(brackets).max(initial=0.0))
    return bool(np.abs(brackets - np.swapaxes(brackets, -1, -2)).max(initial=0.0) <= ROUNDING * scale)


def _value(name: str, field: Field, x: np.ndarray, shape: tuple[int, ...], meaning: str) -> np.ndarray:
    wanted = (*x.shape[:-1], *shape)
    try:
        # A generic point need not lie in the domain; only the shapes matter here.
        with np.errstate(all="ignore"):
            value = np.asarray(field(x.copy()), dtype=np.float64)
    except (TypeError, ValueError, IndexError) as failure:
        raise BadInput(
            f"{name}: fails on x of shape {x.shape} ({failure}); it must map (…, d) to {meaning}, for any number of "
            "leading axes"
        ) from failure
    if value.shape != wanted:
        raise BadInput(
            f"{name}: returned shape {value.shape} for x of shape {x.shape}, where d = {x.shape[-1]} asks for {wanted} "
            f"({meaning}); {_reading(name, value, x, shape)}"
        )
    return value


def _reading(name: str, value: Any, x: np.ndarray, shape: tuple[int, ...]) -> str:
    """Say which field the shape would belong to, and how to write the one that was meant."""
    batch, given = x.shape[:-1], value.shape
    if given == shape:
        return f"a constant needs the leading axes too: np.broadcast_to({name}, (*x.shape[:-1], *{shape}))"
    if name != "diffusion":
        return f"return one entry for each of {shape}"
    dim, noises = shape
    if given == (*batch, noises, dim):
        return "this is its transpose: column j is what noise j multiplies; swap the last two axes"
    if given == (*batch, dim) and noises == 1:
        return "one noise is still a matrix with one column: return b[..., None]"
    if given == (*batch, dim):
        return (
            "this is the diagonal of independent noises, one per coordinate: return b[..., None] * np.eye(d)"
        )
    if len(given) == len(batch) + 2 and given[-2] == dim:
        return f"these are {given[-1]} noises: say noises={given[-1]}"
    return "return the matrix (…, d, k) whose column j multiplies dW_j"
