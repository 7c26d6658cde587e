"""Linear models of samples: rows of features, seen through x·w."""

import numpy as np
from jaxtyping import Float

from implicitbias.problems.sampled import AbstractSampledProblem


class AbstractLinearProblem(AbstractSampledProblem):
    """An objective that sees w through the products feature_i·w alone: one parameter per feature.

    Attributes
    ----------
    features
        Rows, one per sample.
    """

    features: Float[np.ndarray, "sample dim"]

    @property
    def dim(self) -> int:
        """Dimension d of the features."""
        return self.features.shape[1]
