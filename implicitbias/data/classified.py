"""Inputs of several classes."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from implicitbias import checks
from implicitbias.display import in_brief
from implicitbias.errors import BadInput


@dataclass(frozen=True, eq=False)
class Classified:
    """n inputs x_i and their classes y_i ∈ {0, …, K − 1}.

    Parameters
    ----------
    inputs
        Shape (n, features), finite; stored as a read-only copy.
    classes
        Integers, shape (n,).
    name
        Short name for tables and legends.

    Raises
    ------
    BadInput
        If shapes disagree, a number is not finite, or a class is no integer ≥ 0.
    """

    inputs: Float[np.ndarray, "sample feature"]
    classes: Int[np.ndarray, " sample"]
    name: str = "classified"

    __repr__ = in_brief

    def __post_init__(self):
        inputs = checks.real_array("inputs", self.inputs)
        if inputs.ndim != 2 or 0 in inputs.shape:
            raise BadInput(f"inputs of shape {inputs.shape}: must be (samples, features), both at least 1")
        bad = np.argwhere(~np.isfinite(inputs))
        if len(bad):
            i, j = bad[0]
            raise BadInput(f"inputs[{i}, {j}] = {inputs[i, j]}: must be finite; drop or impute such entries")
        inputs.flags.writeable = False
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "classes", checks.classes("classes", self.classes, len(inputs)))

    def describe(self) -> str:
        """Return one line: name, n, number of features, size of each class."""
        samples, features = self.inputs.shape
        sizes = np.bincount(self.classes)
        return (
            f"{self.name}: n = {samples}, {features} features, K = {sizes.size} classes of {sizes.tolist()}"
        )
