"""Words and normals of compiled code are those of the stream; its elementary functions are those of analysis."""

import mpmath
import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st

from implicitbias import Stream
from implicitbias.engine.kernels.compiled import strict
from implicitbias.engine.kernels.lanes import load, pointer, store
from sde.kernels import elementary, per_number
from sde.kernels.draws import normals, normals_of
from sde.kernels.ensemble import in_registers


# A normal is at most 8.6; a few units in its last place, and the rounding of 2πu in the definition.
ABSOLUTE = 1e-14
seeds = st.integers(0, 2**63)


@given(seeds, st.text(max_size=5), st.integers(1, 40), st.integers(1, 70), st.integers(0, 2**40))
def test_normals_are_those_of_the_address(seed, purpose, replicas, count, first):
    addresses = first + np.arange(replicas)
    found = normals(Stream(seed), purpose, addresses, count)
    assert np.abs(found - Stream(seed).at(purpose, addresses).normal(count)).max() < ABSOLUTE


@pytest.mark.parametrize("turns", [0, 1 << 63, (1 << 62) - 1, (3 << 62) + 12345, 2**64 - 1, 2**61, 7 * 2**61])
@pytest.mark.parametrize("radius", [0, 1 << 11, 1 << 40, 1 << 62, (1 << 63) - 1, 2**64 - 2**12, 2**64 - 1])
def test_normals_are_right_at_the_ends(radius, turns):
    """u₁ from 2⁻⁵⁴, where a normal is 8.6, to 1, where it is 0; u₂ at and next to whole eighths of a turn."""
    (found,) = normals_of(np.array([[radius, turns]], dtype=np.uint64))
    u, v = (mpmath.mpf(float(((w >> 11) + 0.5) * 2.0**-53)) for w in (radius, turns))
    with mpmath.workdps(40):
        length, angle = mpmath.sqrt(-2 * mpmath.log(u)), 2 * mpmath.pi * v
        expected = [float(length * f(angle)) for f in (mpmath.cos, mpmath.sin)]
    # Less than the definition needs, which rounds its angle.
    assert np.abs(found - expected).max() < ABSOLUTE / 5


def test_a_million_normals_have_the_law_of_a_normal():
    found = np.sort(normals(Stream(7), "law", np.arange(1000), 1000).ravel())
    uniform = np.array([float(mpmath.ncdf(x)) for x in found[::1000]])
    # Kolmogorov: √n·distance exceeds 2.2 with probability 1e-4.
    assert np.abs(uniform - np.arange(0, len(found), 1000) / len(found)).max() < 2.2 / np.sqrt(len(found))


def on_registers(function, x):
    """Return a function of registers at every entry of x."""

    @strict
    def apply(rows, out):
        for i in range(len(rows)):
            store(pointer(out, 0), i, function(load(pointer(rows, 0), i)))

    rows = in_registers(x)
    out = np.empty_like(rows)
    apply(rows, out)
    return out.ravel()[: len(x)]


EDGES = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, 1e-310, -1.0, 1.0, 0.5, 1e300, -1e300, np.pi])


@pytest.mark.parametrize(
    ("function", "library", "largest"),
    [
        (elementary.exponential, np.exp, 708.0),
        (elementary.logarithm, np.log, np.inf),
        (elementary.sine, np.sin, np.inf),
        (elementary.cosine, np.cos, np.inf),
        (elementary.sign, np.sign, np.inf),
        (per_number.hyperbolic_tangent, np.tanh, np.inf),
        (per_number.error_function, scipy.special.erf, np.inf),
    ],
)
def test_elementary_functions_are_those_of_the_library(function, library, largest):
    address = Stream(1).at("arguments")
    reach = min(largest, 1e300)
    spread = reach ** (1.0 - address.uniform(20_000) * 20.0)
    edges = EDGES[(np.abs(EDGES) <= largest) | np.isnan(EDGES)]
    x = np.concatenate([edges, spread, -spread, reach * (2 * address.uniform(2000) - 1)])
    with np.errstate(all="ignore"):
        expected, found = library(x), on_registers(function, x)
    # Two units in the last place of the value, or of 1 where it is a sine or cosine.
    scale = np.maximum(np.abs(expected), 1.0 if library in (np.sin, np.cos) else np.finfo(float).tiny)
    finite = np.isfinite(expected)
    assert np.array_equal(found[~finite], expected[~finite], equal_nan=True)
    errors = np.abs(found[finite] - expected[finite]) / scale[finite]
    assert errors.max() <= 2 * np.finfo(float).eps


def test_an_exponential_beyond_its_range_is_huge_or_nothing():
    found = on_registers(
        elementary.exponential, np.array([709.5, 1e300, np.inf, -709.5, -1e300, -np.inf, np.nan])
    )
    assert (found[:3] > 1e307).all() and (found[3:6] < 1e-307).all() and np.isnan(found[6])


def test_an_entry_does_not_know_its_neighbours():
    """A large argument takes another way to its sine than its neighbours do."""
    alone, together = (on_registers(elementary.sine, np.array([0.3, *rest])) for rest in ([], [1e7, 2.0]))
    assert alone[0] == together[0]
