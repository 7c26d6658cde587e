"""The rounds of a method up to a number of steps, without a run."""

import numpy as np
from jaxtyping import Int

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.methods.local_method import LocalMethod


def rounds_of(method: LocalMethod, total: int) -> Int[np.ndarray, " round"]:
    """Return H of every round until all workers have taken ``total`` steps; their number is its length.

    ``run(problem, method, len(rounds_of(method, total)))`` ends exactly there.

    Parameters
    ----------
    method
        With one number of local steps for all workers, or a rule.
    total
        Number of steps ≥ 0.

    Returns
    -------
    array (round,)
        H_0, H_1, …, which sum to ``total``.

    Raises
    ------
    BadInput
        If workers differ in H, or the last round does not end at ``total``.
    """
    checks.instance("method", method, LocalMethod, "give a LocalMethod, e.g. qsr(0.1, growth=0.2, base=4, …)")
    checks.integer("total", total, 0, "give the number of steps")
    if isinstance(method.local_steps, tuple):
        rule = "rounds are counted in the steps that all workers take"
        raise checks.refuse("local_steps", method.local_steps, rule, "give one H for all workers")
    taken, step = [], 0
    while step < total:
        taken += method.steps(1, step)
        step += taken[-1]
    if step != total:
        raise BadInput(
            f"total = {total}: the last of the rounds ends at step {step}; give a total that they meet, or a rule "
            f"that ends there, e.g. PostLocal({taken[-1]}, switch=0, total={total})"
        )
    return np.array(taken, dtype=np.int64)
