"""Data of classification: theory sets, planted separable data, real data of two or more classes, splits."""

from implicitbias.data.bundled import real
from implicitbias.data.bundled_classes import real_classes
from implicitbias.data.classified import Classified
from implicitbias.data.gaussian_rows import gaussian_separable, labelled_by_hyperplane
from implicitbias.data.mnist_images import mnist, mnist_available
from implicitbias.data.planted_margin import PlantedMargin, separable
from implicitbias.data.planted_split import mixed, non_separable, PlantedSplit
from implicitbias.data.registry import named, names
from implicitbias.data.relu_layer import relu_features
from implicitbias.data.samples import Samples
from implicitbias.data.splits import by_direction, by_label, dirichlet, iid
from implicitbias.data.theory_sets import (
    degenerate,
    lagging_orthonormal,
    opposed_pair,
    order_of_limits,
    orthogonal,
    set_a,
    set_a_prime,
    soudry_figure1,
    sweeping_example,
)


__all__ = [
    "Classified",
    "PlantedMargin",
    "PlantedSplit",
    "Samples",
    "by_direction",
    "by_label",
    "degenerate",
    "dirichlet",
    "gaussian_separable",
    "iid",
    "labelled_by_hyperplane",
    "lagging_orthonormal",
    "mixed",
    "mnist",
    "mnist_available",
    "named",
    "names",
    "non_separable",
    "opposed_pair",
    "order_of_limits",
    "orthogonal",
    "real",
    "real_classes",
    "relu_features",
    "separable",
    "set_a",
    "set_a_prime",
    "soudry_figure1",
    "sweeping_example",
]
