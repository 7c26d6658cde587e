"""What the class can set in the lesson of the valley."""

from dataclasses import dataclass

from implicitbias import checks
from implicitbias.errors import BadInput
from paper_repro.classroom import waiting
from paper_repro.classroom.valley.grounds import Ground, ground_named
from sde.zoo import AbstractClosedForms


# Times by which the learning rate is halved, after equal parts of the slow time each.
SCHEDULES = {"constant": 0, "halved once": 1, "halved twice": 2}
MOST_WORKERS, MOST_STEPS, LARGEST_LR, MOST_EFFORT = 32, 2000, 0.25, 64
# T·M·σ²/B, up to which the steps of the slow SDE are short.
LONGEST = 32.0


@dataclass(frozen=True)
class Controls:
    """A landscape with its noise, and Local SGD on it.

    Parameters
    ----------
    landscape, noise
        Names of ``GROUNDS`` and of its kinds of noise; the first kind if None.
    workers, local_steps, lr
        M, H and η at the start.
    batch, sigma
        Total batch B of all workers, and the size σ of one sample's noise.
    schedule
        Constant, or η halved once or twice.
    slow_time
        T = Σ η² over all steps.
    effort
        By how much more work than fits in the time of an answer is allowed.
    seed
        Of the noise.

    Raises
    ------
    BadInput
        For a value out of range, or a noise that the landscape has not.
    """

    landscape: str = "valley"
    noise: str | None = None
    workers: int = 8
    local_steps: int = 20
    lr: float = 0.02
    batch: float = 1.0
    sigma: float = 1.0
    schedule: str = "constant"
    slow_time: float = 0.4
    effort: int = 1
    seed: int = 0

    def __post_init__(self):
        object.__setattr__(self, "noise", self.noise or next(iter(self.ground.kinds)))
        _ = self.closed
        for name, most in (("workers", MOST_WORKERS), ("local_steps", MOST_STEPS), ("effort", MOST_EFFORT)):
            waiting.count(name, getattr(self, name), most)
        _check_sizes(self)
        check_reach(self.slow_time, self.workers, self.unit_batch)
        if self.schedule not in SCHEDULES:
            raise BadInput(f"schedule = {self.schedule!r}: unknown; choose {', '.join(SCHEDULES)}")
        checks.integer("seed", self.seed, 0, "any whole number gives other noise")

    @property
    def ground(self) -> Ground:
        """The landscape of the lesson."""
        return ground_named(self.landscape)

    @property
    def closed(self) -> AbstractClosedForms:
        """The landscape with its closed forms, noise of size 1."""
        return self.ground.made(str(self.noise))

    @property
    def unit_batch(self) -> float:
        """B/σ², the total batch with noise of size 1."""
        return self.batch / self.sigma**2

    @property
    def round_time(self) -> float:
        """α = ηH at the start."""
        return self.lr * self.local_steps

    @property
    def halvings(self) -> int:
        """How often η is halved."""
        return SCHEDULES[self.schedule]


def check_reach(slow_time: float, workers: int, unit_batch: float) -> None:
    """Refuse a way so long that the slow SDE is at rest long before its end, in units of the M-fold drift.

    Raises
    ------
    BadInput
        With what makes it shorter.
    """
    reach = slow_time * workers / unit_batch
    if reach > LONGEST:
        raise BadInput(
            f"T·M·σ²/B = {reach:.3g}: more than {LONGEST:g}, and everything has come to rest long before; take a "
            "shorter slow time, fewer local steps or workers, less noise, or a larger batch"
        )


def _check_sizes(controls: Controls) -> None:
    checks.number("batch", controls.batch, "give samples per step of all workers together", above=0)
    checks.number("sigma", controls.sigma, "without noise nothing moves along the minima", above=0)
    checks.number("slow_time", controls.slow_time, "0.4 shows the drift", above=0)
    lr = checks.number("lr", controls.lr, "0.02 is small enough to compare with theory", above=0)
    if lr > LARGEST_LR:
        cure = f"choose η ≤ {LARGEST_LR}"
        raise checks.refuse(
            "lr", lr, "so long steps jump over the valley, and no theory speaks of them", cure
        )
