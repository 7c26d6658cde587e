"""Ensembles of claims: whole rounds, and half-widths at the claim's share of the level."""

import numpy as np
import pytest

from implicitbias import BadInput, local_sgd, Stream
from implicitbias.statistics import student_quantile
from paper_repro.claims.ensembles import mean_of, rounds_for
from paper_repro.claims.level import share_of_level


def test_a_slow_time_is_a_whole_number_of_rounds():
    assert rounds_for(local_sgd(0.01, 25, batch=1.0, workers=2), 0.4) == 160
    with pytest.raises(BadInput, match="take a multiple"):
        rounds_for(local_sgd(0.01, 300, batch=1.0, workers=2), 0.4)


def test_half_widths_are_those_of_student():
    values = Stream(0).at("values").normal(50)
    measured = mean_of(values, comparisons=3)
    expected = student_quantile(share_of_level(3), 49) * values.std(ddof=1) / np.sqrt(50)
    assert np.isclose(measured.error, expected) and np.isclose(measured.value, values.mean())
