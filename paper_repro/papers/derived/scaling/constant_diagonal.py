"""A quadratic with a constant diagonal: scaling by its diagonal leaves the condition number as it is."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Quadratics, Stream
from implicitbias.scaled import metric_constants
from paper_repro.claims import (
    Claim,
    closed_form,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Relation,
    Traces,
)


CONSTANT, DIAGONAL = "κ_D/κ, A with a constant diagonal", "κ_D, A diagonal"
# An eigenvalue is known to a rounding of the largest, hence κ to κ roundings.
ROUNDING = 64 * np.finfo(float).eps


@dataclass(frozen=True)
class DiagonalKnobs:
    """Dimension, level of the diagonal, and the largest condition number."""

    log_dim: int = knob(2, "log₂ d", "dimension, a power of two", low=1, high=4)
    level: float = knob(3.0, "a", "entries of the diagonal", low=0.01, high=100.0, log=True)
    condition: float = knob(1e4, "κ", "largest condition number", low=10.0, high=1e6, log=True)


@dataclass(frozen=True)
class DiagonalCase:
    """Condition numbers, and matrices with them: rotated with a constant diagonal, and diagonal."""

    knobs: DiagonalKnobs
    conditions: Float[np.ndarray, " matrix"]
    rotated: tuple[Float[np.ndarray, "dim dim"], ...]
    straight: tuple[Float[np.ndarray, "dim dim"], ...]


def setup(knobs: DiagonalKnobs, stream: Stream) -> DiagonalCase:
    """Rotate drawn spectra by Hadamard's matrix, whose entries have one size: the diagonal is the mean eigenvalue."""
    numbers, conditions = stream.at("scaling/diagonal").generator(), np.geomspace(2.0, knobs.condition, 6)
    hadamard = np.ones((1, 1))
    for _ in range(knobs.log_dim):
        hadamard = np.block([[hadamard, hadamard], [hadamard, -hadamard]])
    spectra = [_spectrum(kappa, len(hadamard), knobs.level, numbers) for kappa in conditions]
    rotated = tuple(hadamard @ np.diag(s) @ hadamard.T / len(hadamard) for s in spectra)
    return DiagonalCase(knobs, conditions, rotated, tuple(np.diag(s) for s in spectra))


def _spectrum(kappa: float, dim: int, level: float, numbers: np.random.Generator) -> np.ndarray:
    spectrum = np.concatenate([[1.0, kappa], np.exp(numbers.uniform(0.0, np.log(kappa), dim - 2))])
    return spectrum * level / spectrum.mean()


def _condition(matrix: np.ndarray, diagonal: np.ndarray) -> float:
    problem = Quadratics(matrix[None], np.zeros((1, len(matrix))))
    return metric_constants(problem, diagonal).condition


def observe(case: DiagonalCase, traces: Traces) -> Observation:
    """Return κ_D with D = diag(A)."""
    del traces
    scaled = np.array([_condition(a, np.diag(a).copy()) for a in case.rotated])
    straight = np.array([_condition(a, np.diag(a).copy()) for a in case.straight])
    curves = (
        Curve(case.conditions, scaled, "A with a constant diagonal"),
        Curve(case.conditions, straight, "A diagonal", "measured", "gd"),
    )
    return Observation({CONSTANT: Measured(scaled / case.conditions), DIAGONAL: Measured(straight)}, curves)


def predict(case: DiagonalCase) -> Prediction:
    """κ_D = κ, and 1 for a diagonal A."""
    rounding = ROUNDING * case.conditions * len(case.rotated[0])
    quantities = {
        CONSTANT: Predicted(1.0, rounding, reason="rounding of the smallest eigenvalue"),
        DIAGONAL: Predicted(1.0, ROUNDING, reason="rounding of quotients"),
    }
    lines = (
        Curve(case.conditions, case.conditions, "κ_D = κ", "theory"),
        Curve(case.conditions, np.ones(len(case.conditions)), "κ_D = 1", "theory"),
        Curve(case.conditions, case.conditions / 2.0, "κ/2: half as ill-conditioned", "falsifier"),
    )
    return Prediction(quantities, lines)


def always_lower(case: DiagonalCase) -> Prediction:
    """κ_D ≤ κ/2."""
    del case
    return Prediction({CONSTANT: Predicted(0.5, relation=Relation.AT_MOST)})


def never_lower(case: DiagonalCase) -> Prediction:
    """κ_D = κ for a diagonal A too."""
    return Prediction({DIAGONAL: Predicted(case.conditions)})


PROOF = r"""If $A_{ii}=a$ for all $i$ then $D=aI$ and $D^{-1/2}AD^{-1/2}=A/a$ has the condition number of $A$. Such $A$
are no exception: $Q\Lambda Q^\top$ with $|Q_{ij}|^2=\frac1d$ (Hadamard's matrix) has the mean eigenvalue on its
diagonal, for every spectrum. For a diagonal $A$, $D^{-1/2}AD^{-1/2}=I$. A diagonal scaling mends scales of
coordinates, not rotations."""

CLAIM = Claim(
    key="derived/scaling-constant-diagonal",
    title="Scaling by the diagonal does nothing for a quadratic whose diagonal is constant: κ_D = κ",
    statement=(
        r"$D=\mathrm{diag}(A)$. If $A$ has a constant diagonal, $\kappa_D=\kappa$, whatever its spectrum; if $A$ is "
        r"diagonal, $\kappa_D=1$."
    ),
    hypotheses=("A is symmetric positive definite", "D = diag(A)"),
    reference=Reference("derived", "when the metric helps"),
    source="derived",
    proof=PROOF,
    knobs=DiagonalKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("scaling always lowers κ", "it does for ill-scaled features", predict=always_lower),
        Falsifier("it never does", "κ_D = κ here", predict=never_lower),
    ),
    see=("derived/scaling-metric", "derived/scaling-crude-rate"),
    axes=("condition number κ of A", "κ_D for D = diag(A)", "log", "log"),
)
