r"""The round of a method in LaTeX, with its axes filled in.

w_m starts a round at w^r (where workers take turns: at the last one's model), works locally, and is aggregated:

    w_m ← w_m − η∇f_m(w_m),  H times          the local work, see ``local_work``
    w^{r+1} = Σ_m p_m w_m                     the aggregation, see ``aggregation``
    w^{r+1} ← w^{r+1}·min(1, R_k/|w^{r+1}|)    a rescaling, if there is one
"""

from typing import NamedTuple, TYPE_CHECKING

from implicitbias.display import tex
from implicitbias.methods.axes import (
    Anchored,
    Average,
    Flow,
    GradientSteps,
    Projection,
    Proximal,
    Sequential,
    Server,
    Sweeping,
)
from implicitbias.methods.corrections import FedNova, Scaffold
from implicitbias.methods.participation import Sampled
from implicitbias.methods.scalings import Adaptive, Fixed
from implicitbias.methods.schedules import AbstractSchedule, Normalised


if TYPE_CHECKING:
    from implicitbias.methods.local_method import LocalMethod


class _Weighted(NamedTuple):
    """How weights are written: of one worker, in the average of all, and before the sum over those who are drawn."""

    symbol: str
    all: str
    unbiased: str


_GIVEN = _Weighted("p_m ", r"\sum_m p_m w_m", r"\frac{M}{|S_r|}")
_WEIGHTED: dict[object, _Weighted] = {
    None: _Weighted("", r"\frac{1}{M} \sum_m w_m", r"\frac{1}{|S_r|}"),
    "samples": _Weighted("n_m ", r"\frac{1}{n} \sum_m n_m w_m", r"\frac{M}{n\, |S_r|}"),
}


def update_rule(method: "LocalMethod") -> tuple[str, ...]:
    """Return the lines of a round, in the order in which they are computed."""
    return local_work(method), *_correction(method), *aggregation(method), *_rescaling(method)


def local_work(method: "LocalMethod") -> str:
    """Return what a worker does: its steps, or the exact solution it jumps to."""
    match method.local_solver:
        case Flow(log_time):
            return rf"w_m = v(e^{{{tex(log_time)}}}), \quad \dot v = -\nabla f_m(v), \quad v(0) = w^r"
        case Proximal(regularisation):
            pull = rf"\frac{{{tex(regularisation)}}}{{2}} |v - w^r|^2"
            return rf"w_m = \operatorname{{argmin}}_v\, f_m(v) + {pull}"
        case Projection():
            return r"w_m = \operatorname{argmin}_v\, |v - w^r|^2 \text{ over } C_m = \{v : x \cdot v \ge 1\}"
        case Sweeping():
            process = r"-\frac{\mathrm{d}v}{\mathrm{d}s} \in N_{C_m(s)}(v)"
            return rf"w_m = v(1), \quad {process}, \quad C_m(s) = \{{v : x \cdot v \ge s\}}"
        case GradientSteps():
            return rf"{_step(method)} \quad {_how_often(method)}"


def aggregation(method: "LocalMethod") -> tuple[str, ...]:
    """Return how the workers' models become the next one."""
    mean = _average(method)
    if method.server == Server():
        return (f"w^{{r+1}} = {mean}",)
    server, beta = method.server, tex(method.server.momentum)
    arrived = r"\Delta_r" if server.delay == 0 else rf"\Delta_{{r-{server.delay}}}"
    lines, ahead = [rf"\Delta_r = {mean} - w^r"], arrived
    if server.momentum:
        lines.append(rf"u \leftarrow {beta}\, u + {arrived}")
        ahead = rf"\left({arrived} + {beta}\, u\right)" if server.nesterov else "u"
    rate = "" if server.rate == 1.0 else rf"{tex(server.rate)}\, "
    return *lines, f"w^{{r+1}} = w^r + {rate}{ahead}"


def _step(method: "LocalMethod") -> str:
    """Return one local step: the whole direction is scaled, momentum comes last."""
    move = rf"{_rate(method)}\, {_scale(method)}{_direction(method)}"
    if method.momentum is None:
        return rf"w_m \leftarrow w_m - {move}"
    return rf"v_m \leftarrow {tex(method.momentum.beta)}\, v_m - {move}, \quad w_m \leftarrow w_m + v_m"


def _rate(method: "LocalMethod") -> str:
    rate = method.lr.rate if isinstance(method.lr, Normalised) else method.lr
    if isinstance(rate, AbstractSchedule):
        return "e_k" if method.normalised else r"\eta_k"
    return tex(rate)


def _scale(method: "LocalMethod") -> str:
    scaling = method.scaling
    if not isinstance(scaling, Fixed | Adaptive):
        return ""
    matrix = "D" if isinstance(scaling, Fixed) else r"\hat D"
    return f"{matrix}{'_m' if scaling.scope == 'worker' else ''}^{{-1}} "


def _direction(method: "LocalMethod") -> str:
    at = "w_m" if method.batch is None else r"w_m; \xi"
    terms = gradient = rf"\nabla \log f_m({at})" if method.normalised else rf"\nabla f_m({at})"
    if isinstance(method.correction, Scaffold):
        terms += " - c_m + c"
    if isinstance(method.local_solver, GradientSteps) and method.local_solver.proximal:
        terms += rf" + {tex(method.local_solver.proximal)}\, (w_m - w^r)"
    return terms if terms == gradient else rf"\left({terms}\right)"


def _how_often(method: "LocalMethod") -> str:
    steps = method.local_steps
    count = "H_m" if isinstance(steps, tuple) else str(steps) if isinstance(steps, int) else "H"
    times = rf"{count} \text{{ {'time' if steps == 1 else 'times'}}}"
    return times if method.batch is None else rf"{times}, \quad |\xi| = {tex(method.batch)}"


def _correction(method: "LocalMethod") -> tuple[str, ...]:
    match method.correction:
        case Scaffold("gradient"):
            return (r"c_m \leftarrow \nabla f_m(w^r), \quad c = \sum_m p_m c_m",)
        case Scaffold():
            path = r"\frac{w^r - w_m}{\sum_k \eta_k}"
            return (rf"c_m \leftarrow c_m - c + {path}, \quad c = \sum_m p_m c_m",)
        case FedNova(effective):
            tau = r"\tau" if effective is None else tex(effective)
            mean = rf", \quad \tau = {_mean_steps(method)}" if effective is None else ""
            return (rf"w_m \leftarrow w^r + {tau}\, \frac{{w_m - w^r}}{{H_m}}{mean}",)
    return ()


def _mean_steps(method: "LocalMethod") -> str:
    if isinstance(method.participation, Sampled):
        return r"\sum_{m \in S_r} s_m H_m \text{ with the shares } s_m \text{ of the average}"
    return r"\sum_m p_m H_m"


def _average(method: "LocalMethod") -> str:
    """Return the average of the models, over all workers or over those who are drawn."""
    match method.aggregation:
        case Sequential():
            return r"w_M \text{, as } w_{m+1} \text{ starts at } w_m \text{ and } w_1 \text{ at } w^r"
        case Anchored():
            return r"a_r w^0 + (1 - a_r)\, \frac{1}{M} \sum_m w_m, \quad a_r = \frac{1}{r + 2}"
        case Average(weights):
            if isinstance(method.participation, Sampled):
                return _of_drawn(method.participation, weights)
            return _WEIGHTED.get(weights, _GIVEN).all


def _of_drawn(drawn: Sampled, weights: object) -> str:
    weighted, over, size = (
        _WEIGHTED.get(weights, _GIVEN),
        r"\sum_{m \in S_r}",
        rf"\quad |S_r| = {drawn.count}",
    )
    if drawn.weighting == "unbiased":
        return rf"w^r + {weighted.unbiased} {over} {weighted.symbol}(w_m - w^r), {size}"
    below = rf"{over} {weighted.symbol}" if weighted.symbol else "|S_r|"
    return rf"\frac{{{over} {weighted.symbol}w_m}}{{{below}}}, {size}"


def _rescaling(method: "LocalMethod") -> tuple[str, ...]:
    if method.rescaling is None:
        return ()
    after = r"\min\left(1, \frac{R_k}{|w^{r+1}|}\right)"
    radius = rf"R_k = {tex(method.rescaling.radius)} \cdot {tex(method.rescaling.growth)}^k"
    return (
        rf"w^{{r+1}} \leftarrow \frac{{R_k}}{{|w^{{r+1}}|}} w^{{r+1}} \text{{ at rounds }} T_k,\; "
        rf"{after} w^{{r+1}} \text{{ between}}, \quad {radius}",
    )
