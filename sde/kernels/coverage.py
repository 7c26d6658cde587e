"""Which methods on which landscapes have a compiled kernel: the table of the engine's own kernels, continued.

Rows are tried from the top; the first whose every axis admits the value decides.
"""

from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING

from implicitbias.engine.kernels.coverage import axis_values, Row
from implicitbias.methods import Identity, LocalMethod
from sde.kernels.motion import compiled_motion, KEPT, Motion
from sde.kernels.readings import READINGS


if TYPE_CHECKING:
    from sde.kernels.advance import ByMotion
    from sde.landscapes import Landscape


NAME = "landscape"
# Operations of a step that a compiler takes minutes for; NumPy is not much slower where there are so many.
MOST_OPERATIONS = 6000

COVERAGE: tuple[Row, ...] = (
    Row(
        (
            ("law", ("none", *sorted(law.__name__ for law in READINGS))),
            ("local_solver", ("GradientSteps",)),
            ("local_steps", ("number", "per worker", "rule")),
            ("rate", ("scheduled",)),
            ("momentum", ("None", "HeavyBall")),
            ("scaling", ("Identity", "Fixed")),
            ("correction", ("None",)),
            ("participation", ("Full",)),
            ("aggregation", ("Average",)),
            ("server", ("averages",)),
            ("rescaling", ("None",)),
            ("unknown", ("none",)),
        ),
        (NAME,),
        "steps are straight lines of arithmetic, sixteen replicas at a time",
    ),
    Row(
        (("law", ("Drawn",)),),
        (),
        "a mini-batch counts how often each sample was drawn, one draw after the other",
    ),
    Row(
        (("scaling", ("Adaptive", "Adaptive in steps")),),
        (),
        "an adaptive D is made of gradients or curvature as it goes",
    ),
    Row((("scaling", ("Fixed per worker",)),), (), "a kernel reads one D for all workers"),
    Row(
        (("local_solver", ("Flow", "GradientSteps with a pull", "Proximal", "Projection", "Sweeping")),),
        (),
        "local work is gradient steps on the loss alone",
    ),
    Row(
        (("aggregation", ("Anchored", "Average with weights", "Sequential")),),
        (),
        "a kernel ends a round by the plain average of the workers",
    ),
    Row(
        (("server", ("moves", "looks ahead", "late")),),
        (),
        "a kernel goes on from the average, without a server's rate, momentum or delay",
    ),
    Row(
        (("rescaling", ("Rescaling",)),), (), "a rescaling needs the norm of the model at the end of a round"
    ),
    Row((), (), "no kernel is compiled for this axis"),
)


def covering_row(landscape: "Landscape", method: LocalMethod) -> Row:
    """Return the first row that admits the landscape and the method."""
    values = axis_values(landscape, method)
    values["law"] = "none" if method.batch is None else type(landscape.law).__name__
    return next(row for row in COVERAGE if row.admits(values))


def why_not(landscape: "Landscape", method: LocalMethod) -> str:
    """Return why the definition must run; empty if there is a kernel."""
    row = covering_row(landscape, method)
    if not row.kernels:
        return f"{row.reason} ({method!r} on {landscape!r})"
    found = _module_for(landscape, method)
    return found if isinstance(found, str) else ""


def find_advance(landscape: "Landscape", method: LocalMethod) -> "ByMotion | None":
    """Return the engine of a landscape for a method, or ``None`` if the definition must run."""
    if not covering_row(landscape, method).kernels:
        return None
    found = _module_for(landscape, method)
    if isinstance(found, str):
        return None
    from sde.kernels.advance import ByMotion

    return ByMotion(found)


def coverage_text() -> str:
    """Return the table as text."""
    return "\n".join(str(row) for row in COVERAGE)


def _module_for(landscape: "Landscape", method: LocalMethod) -> ModuleType | str:
    # D itself is read when it runs: one module serves every D.
    scaled = not isinstance(method.scaling, Identity)
    return _module(landscape, method.batch is not None, method.momentum is not None, scaled)


@lru_cache(maxsize=KEPT)
def _module(landscape: "Landscape", noisy: bool, momentum: bool, scaled: bool) -> ModuleType | str:
    """Return the generated module, or why there is none."""
    from sde.kernels.printing import NotCompiled

    factors, reading = landscape.factor_expressions, READINGS.get(type(landscape.law)) if noisy else None
    motion = Motion(
        variables=landscape.variables,
        drift=landscape.gradient_expressions,
        factors=tuple(tuple(factors.row(i)) for i in range(landscape.dim)) if noisy else (),
        reading=reading,
    )
    try:
        module = compiled_motion(motion, momentum, scaled)
    except NotCompiled as reason:
        return f"{reason} (in {landscape!r})"
    if module.operations > MOST_OPERATIONS:
        return f"a step of {landscape!r} has {module.operations} operations, more than the {MOST_OPERATIONS} compiled"
    return module
