"""The type checker behind ``pytest --shapes``: shapes are the point, so NumPy's numbers count as Python's."""

import numpy as np
from beartype import beartype, BeartypeConf, FrozenDict


NUMBERS = FrozenDict({int: int | np.integer, float: float | int | np.floating | np.integer})
checked = beartype(conf=BeartypeConf(hint_overrides=NUMBERS))
