"""What we can show of the figures of damian2021."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest, UNNUMBERED


FIGURES = (
    Exhibit(
        "Label noise on CIFAR-10",
        Reach.NEEDS_GPU,
        "Up to 1000 epochs, with full batches, too. Networks and curves of the paper are unknown to us.",
        place=UNNUMBERED,
        known="the authors' code",
    ),
    Exhibit(
        "What label noise decreases along the minima, near stability and far from it",
        Reach.ANALOGUE,
        "A landscape of ours with an explicit trace.",
        claims=(
            "damian2021/regulariser",
            "derived/slow-sde-label-noise",
        ),
    ),
    rest(
        "Which figures the paper has we have not seen.",
    ),
)
