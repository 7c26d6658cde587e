"""What we can show of the figures of jung2025."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest


FIGURES = (
    Exhibit(
        "A toy example that motivates the paper: tasks whose own separators differ from the joint one",
        Reach.ANALOGUE,
        "Its points are unknown to us: a review counts six in the only experiment, another says that all have "
        "label 1. The data are ours.",
        place="Figure 1",
        known="public reviews of the paper",
        figures=("separators",),
        claims=("jung2025/sequential-limit",),
    ),
    Exhibit(
        "A figure that a review calls not very clear, and for which it wants the plane of parameters",
        Reach.UNKNOWN,
        "What it shows we have not seen.",
        place="Figure 2",
        known="a public review of the paper",
    ),
    rest(
        "By the same reviews there are no experiments on real data in the version that they saw; what was added "
        "since we do not know.",
    ),
)
