"""What the class can set in the lesson of scaling."""

from dataclasses import dataclass
from typing import Literal

from implicitbias import AdaGrad, AdaHessian, Adam, checks, Identity, OASIS, RMSProp
from implicitbias.errors import BadInput
from implicitbias.methods import Adaptive
from implicitbias.scaled import THEOREMS
from paper_repro.classroom import waiting


NAMES = {
    "identity": "no scaling",
    "rmsprop": "RMSProp",
    "adam": "Adam",
    "oasis": "OASIS",
    "adagrad": "AdaGrad",
    "adahessian": "AdaHessian",
}
MAKERS = {"rmsprop": RMSProp, "adam": Adam, "oasis": OASIS, "adagrad": AdaGrad, "adahessian": AdaHessian}
# Colours of the identity are those of the method it leaves: Local SGD.
METHODS = {name: name for name in NAMES} | {"identity": "local_sgd"}
# D is built up by so many samples before the first round, and forgets after about 1/(1 − β) refreshes.
WARM_UP, BETA, FLOOR = 50, 0.99, 1e-4
# Clips nothing, but without a d_max no theorem has constants.
CEILING = 10.0
MOST_DECADES, MOST_WORKERS, MOST_STEPS, MOST_EFFORT = 4.0, 8, 64, 16
LARGEST_RIDGE = 1.0

Scope = Literal["global", "worker"]


@dataclass(frozen=True)
class Controls:
    """A logistic problem in ill-chosen units, and scalings to race on it.

    Parameters
    ----------
    decades
        Units of the features run over so many powers of ten.
    rotated
        Whether the data are turned until all diagonal entries of the Hessian at the minimum agree.
    heterogeneity
        Share of a worker's samples that are its own, of one label and in its own units; the rest all workers have.
    workers, local_steps, batch
        M, H and the mini-batch of a worker; 0 is full gradients.
    families
        Names of scalings.
    scope
        One D̂ for all workers, or one each.
    accuracy
        ε: rounds are counted until the mean gap f − min f stays below it.
    step
        By what the tuned learning rates are multiplied.
    ridge
        l2 in f.
    theorem, bounded
        Which bound is held against data, and of which scaling.
    effort
        By how much more work than fits in the time of an answer is allowed.
    seed
        Of the mini-batches.

    Raises
    ------
    BadInput
        For a value out of range, or an unknown name.
    """

    decades: float = 2.0
    rotated: bool = False
    heterogeneity: float = 0.0
    workers: int = 4
    local_steps: int = 8
    batch: int = 8
    families: tuple[str, ...] = ("identity", "rmsprop", "adam", "oasis")
    scope: Scope = "global"
    accuracy: float = 0.03
    step: float = 1.0
    ridge: float = 1e-4
    theorem: str = "T1"
    bounded: str = "oasis"
    effort: int = 1
    seed: int = 0

    def __post_init__(self):
        _check_numbers(self)
        object.__setattr__(self, "families", tuple(self.families))
        if not self.families:
            raise BadInput("families = (): there is nothing to compare; choose one or more scalings")
        for family in (*self.families, self.bounded):
            if family not in NAMES:
                raise BadInput(f"scaling = {family!r}: unknown; choose among {', '.join(NAMES)}")
        if self.scope not in ("global", "worker"):
            raise BadInput(f"scope = {self.scope!r}: choose 'global', one D̂ for all, or 'worker', one each")
        if self.theorem not in THEOREMS:
            raise BadInput(f"theorem = {self.theorem!r}: unknown; choose one of {', '.join(THEOREMS)}")

    def scaling(self, family: str) -> Identity | Adaptive:
        """Return the scaling of a family, built up before the first round."""
        if family == "identity":
            return Identity()
        options = {"floor": FLOOR, "warmup": WARM_UP, "scope": self.scope}
        if family == "adagrad":
            return MAKERS[family](**options)
        return MAKERS[family](beta=BETA, ceiling=CEILING, **options)


def _check_numbers(controls: Controls) -> None:
    c = controls
    checks.number("decades", c.decades, "2 is metres next to centimetres", least=0.0, most=MOST_DECADES)
    checks.number("heterogeneity", c.heterogeneity, "0 gives all workers the same data", least=0.0, most=1.0)
    checks.number("ridge", c.ridge, "1e-4 hardly moves the minimum", least=1e-8, most=LARGEST_RIDGE)
    checks.number("accuracy", c.accuracy, "0.03 is a tenth of the way", least=1e-6, most=1.0)
    checks.number("step", c.step, "1 is the tuned learning rate", least=1e-3, most=1e3)
    for name, most in (("workers", MOST_WORKERS), ("local_steps", MOST_STEPS), ("effort", MOST_EFFORT)):
        waiting.count(name, getattr(c, name), most)
    checks.integer("batch", c.batch, 0, "0 is full gradients")
    checks.integer("seed", c.seed, 0, "any whole number draws other mini-batches")
