"""Means of several test functions at once, with standard errors: plain, controlled, coupled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.display import in_brief
from implicitbias.errors import BadInput
from implicitbias.statistics import Interval, Moments, student_quantile


ROUNDING = 8.0 * np.finfo(float).eps  # relative rounding of a tree-merged mean: a constant sample has it too

Values = Float[np.ndarray, " sample"] | Moments
Observable = Callable[[Float[np.ndarray, "sample dim"]], Float[np.ndarray, " sample"]]


@dataclass(frozen=True, eq=False)
class Estimate:
    """Estimated means E g_1, …, E g_k of test functions, with their standard errors.

    Parameters
    ----------
    mean, standard_error : array (function,)
        One value per test function.
    degrees : int
        Degrees of freedom behind the standard errors.
    names : tuple of str
        One name per test function.
    """

    mean: Float[np.ndarray, " function"]
    standard_error: Float[np.ndarray, " function"]
    degrees: int
    names: tuple[str, ...]

    __repr__ = in_brief

    def intervals(self, level: float) -> tuple[Interval, ...]:
        """Return Student's intervals that all hold together but for a chance ``level`` (Bonferroni).

        Raises
        ------
        BadInput
            For a level outside (0, 1), or without degrees of freedom.
        """
        quantile = student_quantile(level / len(self.names), self.degrees)
        widths = quantile * self.standard_error + ROUNDING * np.abs(self.mean)
        return tuple(Interval.around(float(m), float(w)) for m, w in zip(self.mean, widths, strict=True))


def evaluate(
    functions: Mapping[str, Observable], samples: Float[np.ndarray, "sample dim"]
) -> dict[str, Float[np.ndarray, " sample"]]:
    """Return the values of every test function on every sample.

    Raises
    ------
    BadInput
        If a function does not return one number per sample.
    """
    values = {name: np.asarray(g(samples), dtype=float) for name, g in functions.items()}
    for name, found in values.items():
        if found.shape != (len(samples),):
            raise BadInput(
                f"functions[{name!r}] returns shape {found.shape}: a test function maps (sample, dim) to (sample,), "
                f"here ({len(samples)},); reduce over the last axis"
            )
    return values


def estimate(
    values: Mapping[str, Values] | Float[np.ndarray, "sample function"] | Moments,
    names: tuple[str, ...] | None = None,
) -> Estimate:
    """Return the means of independent samples, or of their moments.

    Parameters
    ----------
    values : mapping of str to array (sample,) or Moments, or array (sample, function), or Moments
        Values of the test functions: by name, as of `evaluate` or as ``run`` reduced what it observed; or together.
    names : tuple of str, optional
        Names where ``values`` has none; g1, g2, … by default.

    Raises
    ------
    BadInput
        Fewer than two samples, different numbers of them, or a value that is not finite.
    """
    if isinstance(values, Mapping):
        names, values = tuple(values), _together(values)
    moments = values if isinstance(values, Moments) else Moments.of(matrix("values", values))
    if moments.count < 2 or moments.mean.ndim != 1:
        raise BadInput(
            f"values: {moments.count} samples of shape {moments.mean.shape}; standard errors need at least two, each "
            "a vector with one entry per test function: draw more, or give values[:, None]"
        )
    return Estimate(
        moments.mean, moments.standard_error, moments.count - 1, checked_names(names, len(moments.mean))
    )


def _together(values: Mapping[str, Values]) -> Moments:
    """Return the moments of all test functions as those of one vector."""
    parts = {
        n: v if isinstance(v, Moments) else Moments.of(np.asarray(v, dtype=float)) for n, v in values.items()
    }
    counts, shapes = {m.count for m in parts.values()}, {m.mean.shape for m in parts.values()}
    if len(counts) != 1 or shapes != {()}:
        shown = ", ".join(f"{n}: {m.count} of shape {m.mean.shape}" for n, m in parts.items())
        raise BadInput(
            f"values = {{{shown}}}: must be equally many numbers for each test function; pick one record"
        )
    mean, squares = (np.array([getattr(m, part) for m in parts.values()]) for part in ("mean", "squares"))
    return Moments(counts.pop(), mean, squares)


def coupled(
    values: Float[np.ndarray, "sample function"],
    partner: Float[np.ndarray, "sample function"],
    names: tuple[str, ...] | None = None,
) -> Estimate:
    """Return the mean of values − partner, two runs driven by the same noise, sample by sample.

    Its variance is that of the difference: of order η where the two paths approach each other.

    Raises
    ------
    BadInput
        If the two have different shapes; else as `estimate`.
    """
    first, second = matrix("values", values), matrix("partner", partner)
    if first.shape != second.shape:
        raise BadInput(
            f"partner has shape {second.shape}, values {first.shape}: coupled runs have one sample for each of the "
            "other; run both with the same replicas"
        )
    return estimate(first - second, names)


def controlled(
    values: Float[np.ndarray, "sample function"],
    controls: Float[np.ndarray, "sample control"],
    control_means: Float[np.ndarray, " control"],
    names: tuple[str, ...] | None = None,
) -> Estimate:
    """Return ḡ − β·(c̄ − E c), β from the regression of g on controls c whose means are known.

    Among all linear corrections this has the least variance, (1 − R²) of the plain mean's. β is estimated from the
    same samples, a bias of order 1/n that vanishes where (g, c) are jointly normal. The standard error is that of
    the intercept of the regression, with n − 1 − k degrees of freedom.

    Parameters
    ----------
    values : array (sample, function)
        Values of the test functions.
    controls : array (sample, control)
        Values of k controls on the same samples, e.g. of the slow SDE driven by the same noise.
    control_means : array (control,)
        E c, from a closed form or a deterministic reference.
    names : tuple of str, optional
        g1, g2, … by default.

    Raises
    ------
    BadInput
        If shapes do not fit, or the controls are constant or depend on each other linearly.
    """
    g, c = matrix("values", values), matrix("controls", controls)
    means = checks.real_array("control_means", control_means)
    samples, count = c.shape
    if len(g) != samples or means.shape != (count,) or samples < count + 3:
        raise BadInput(
            f"controls of shape {c.shape}, control_means of {means.shape}, values of {g.shape}: needs a row of "
            f"controls per sample, a mean per control, and at least {count + 3} samples; run both alike"
        )
    design = np.column_stack([np.ones(samples), c - means])
    if np.linalg.matrix_rank(design) <= count:
        raise BadInput(
            f"controls, {count} of them: constant or linearly dependent; leave out what adds nothing"
        )
    found, _, _, _ = np.linalg.lstsq(design, g, rcond=None)
    degrees = samples - 1 - count
    scatter = np.sum((g - design @ found) ** 2, axis=0) / degrees
    inverse = np.linalg.inv(design.T @ design)[0, 0]
    return Estimate(found[0], np.sqrt(scatter * inverse), degrees, checked_names(names, g.shape[1]))


def matrix(name: str, values: object) -> Float[np.ndarray, "sample function"]:
    """Return values as an array with one row per sample.

    Raises
    ------
    BadInput
        If they are no such array, or not finite.
    """
    found = checks.real_array(name, values)
    if found.ndim != 2:
        raise BadInput(
            f"{name} has shape {found.shape}: one row per sample, (sample, function); give {name}[:, None]"
        )
    if not np.isfinite(found).all():
        raise BadInput(
            f"{name} holds entries that are not finite; look at the status of the trace they come from"
        )
    return found


def checked_names(names: tuple[str, ...] | None, count: int) -> tuple[str, ...]:
    """Return one name per test function.

    Raises
    ------
    BadInput
        If there are more or fewer names than functions.
    """
    if names is None:
        return tuple(f"g{i + 1}" for i in range(count))
    if len(names) != count:
        raise checks.refuse(
            "names", names, f"must be one for each of the {count} test functions", "name them all"
        )
    return tuple(names)
