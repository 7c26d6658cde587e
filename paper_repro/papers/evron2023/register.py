"""What we can show of the figures of evron2023."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest


FIGURES = (
    Exhibit(
        "Sequential max-margin projections that do not converge to the offline max margin",
        Reach.ANALOGUE,
        "The data are ours: weak regularisation projects from task to task, and ends elsewhere.",
        place="Figure 1(c)",
        known="a public review of jung2025, which cites it",
        claims=(
            "evron2023/sequential-projections",
            "derived/proximal-projection",
        ),
    ),
    rest(
        "We know the statements through public abstracts. Its other figures, and the other panels of Figure 1, we "
        "have not seen.",
    ),
)
