"""Local SGD at a learning rate and at fractions of it, with the same α = ηH and over the same slow time."""

from dataclasses import dataclass

from implicitbias import local_sgd, LocalMethod, RecordAt, RunSpec, Stream
from sde.approximations import Setting, setting_of
from sde.landscapes import Landscape


@dataclass(frozen=True)
class Refinement:
    """Runs at η/m with mH local steps in m times as many rounds; SGD (H = 1) takes m² times as many steps.

    Attributes
    ----------
    landscape, start
        Where, and the point θ_0 from which.
    workers, total_batch
        M and B.
    lr, local_steps
        η and H of the coarsest run, m = 1.
    time
        Slow time wanted; a run takes the nearest whole number of rounds, at least one.
    """

    landscape: Landscape
    start: tuple[float, ...]
    workers: int
    total_batch: float
    lr: float
    local_steps: int
    time: float

    @property
    def rounds(self) -> int:
        """R of the coarsest run."""
        return max(1, round(self.time / (self.lr**2 * self.local_steps)))

    @property
    def slow_time(self) -> float:
        """η²HR, the same for every m."""
        return self.lr**2 * self.local_steps * self.rounds

    @property
    def setting(self) -> Setting:
        """What the slow SDE reads of the method, the same for every m but for η."""
        return setting_of(self.method())

    def method(self, m: int = 1) -> LocalMethod:
        """Return the method at η/m."""
        steps = 1 if self.local_steps == 1 else m * self.local_steps
        return local_sgd(self.lr / m, steps, self.total_batch / self.workers, workers=self.workers)

    def spec(self, m: int, replicas: int, stream: Stream, pieces: int = 1) -> RunSpec:
        """Return the run at η/m, recorded about ``pieces`` times; runs at different m are independent."""
        rounds = self.rounds * (m * m if self.local_steps == 1 else m)
        record = RecordAt.every(max(1, rounds // pieces))
        source = stream.child(f"refinement-{m}")
        return RunSpec(self.landscape, self.method(m), rounds, record, self.start, replicas, source)

    def pair(self, replicas: int, stream: Stream, pieces: int = 1) -> tuple[RunSpec, RunSpec]:
        """Return the runs at η and η/2 whose means extrapolate to η → 0; the finer one has twice the replicas."""
        return self.spec(1, replicas, stream), self.spec(2, 2 * replicas, stream, pieces)
