"""What ``fast_forward`` can continue, checked before any work."""

import dataclasses

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.losses import Exponential, Logistic
from implicitbias.methods import AbstractStepRule, Adaptive, Constant, Fixed, Flow, GradientSteps, LocalMethod
from implicitbias.problems import LinearClassification


# The residual equation subtracts nothing of size τ, but τ·slack must stay a number.
LARGEST_LOG_TIME = 1e12

# LSODA refuses to start below 100 eps = 2.2e-14.
SMALLEST_RTOL = 2.5e-14

# Axes that the flow knows; every other one must be off, …
_READ = ("lr", "local_steps", "replacement", "scaling", "local_solver", "workers")
# … for a reason, where there is a short one.
_OFF = {
    "batch": "only the mean of a method that draws follows a flow; use local_gd",
    "momentum": "the velocity is a second variable; heavy ball with β has the limits of the rate η/(1 − β)",
    "aggregation": "only averages do; for workers in turn or an anchor see their claims",
    "server": "a server rate or momentum changes the clock; put the rate into η",
}


def check_request(problem: object, method: object, handover: object, order: object, rtol: object) -> None:
    """Refuse what has no flow in log-time.

    Raises
    ------
    BadInput
        Naming the value, the rule and the cure.
    """
    if not isinstance(problem, LinearClassification) or problem.l2 > 0:
        raise checks.refuse(
            "problem", problem, "must be a LinearClassification without ridge", "use l2=0, or run(…)"
        )
    if not isinstance(problem.loss_function, Exponential | Logistic):
        rule = "another tail has another clock: w does not follow ŵ log(ηHr)"
        raise checks.refuse("loss", problem.loss_function, rule, "use Exponential() or Logistic()")
    checks.instance(
        "method", method, LocalMethod, "give a LocalMethod, e.g. local_gd(lr=0.1, local_steps=10)"
    )
    assert isinstance(method, LocalMethod)
    if isinstance(method.scaling, Adaptive):
        rule = "D follows the run, so that no flow with a constant metric continues it"
        raise checks.refuse(
            "scaling", method.scaling, rule, "where D̂ has come to rest, continue with Fixed(tuple(D̂))"
        )
    if isinstance(method.scaling, Fixed) and method.scaling.scope == "worker":
        rule = "with a D_m of each worker no change of coordinates makes it plain Local GD"
        raise checks.refuse("scaling", method.scaling, rule, "give all workers one D, or go on with run(…)")
    _check_method(method)
    method.steps(problem.workers, 0)
    if handover != "auto":
        checks.integer("handover", handover, 2, "give a round, or 'auto'")
    if order not in (1, 2) or not isinstance(order, int) or isinstance(order, bool):
        raise checks.refuse("order", order, "must be 1 or 2", "2 is the more accurate")
    checks.number("rtol", rtol, "1e-10 is the default", least=SMALLEST_RTOL, below=1e-2)


def requested_times(log_time: object) -> Float[np.ndarray, " record"]:
    """Return the log-times asked for; one, if a number was given.

    Raises
    ------
    BadInput
        If they are not finite, do not increase, or are too large.
    """
    cure = "give the last τ = log(ηHr), e.g. 1e6 for round 10^434294, or increasing τ to record"
    times = np.atleast_1d(checks.real_array("log_time", log_time, cure)).astype(float)
    if times.ndim != 1 or not len(times) or not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        raise checks.refuse("log_time", log_time, "must be finite and increase", cure)
    if times[-1] > LARGEST_LOG_TIME:
        raise checks.refuse("log_time", float(times[-1]), f"must be at most {LARGEST_LOG_TIME:g}", cure)
    return times


def _check_method(method: LocalMethod) -> None:
    for axis in (f.name for f in dataclasses.fields(method) if f.name not in _READ):
        value, neutral = getattr(method, axis), method.__dataclass_fields__[axis].default
        if value != neutral:
            rule = f"cannot be continued in log-time: {_OFF.get(axis, 'no flow of it is known')}"
            raise checks.refuse(axis, value, rule, f"leave it at {neutral!r}")
    if method.normalised:
        rule = "a rate that grows with 1/f has another clock than ηHr"
        raise checks.refuse("lr", method.lr, rule, "give a number")
    if method.local_solver != GradientSteps() and not isinstance(method.local_solver, Flow):
        rule = "an exact solve has no clock ηHr, and a pull towards w^r another one"
        raise checks.refuse(
            "local_solver", method.local_solver, rule, "use GradientSteps() or Flow(log_time)"
        )
    if not isinstance(method.schedule, Constant) or isinstance(method.local_steps, AbstractStepRule):
        raise BadInput(
            f"method = {method!r}: the flow needs a constant η and the same H in every round; give numbers"
        )
