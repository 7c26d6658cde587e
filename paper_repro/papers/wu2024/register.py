"""What we can show of the figures of wu2024, an article that we have read."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest, UNNUMBERED


FIGURES = (
    Exhibit(
        "A toy of four points, steps η = 4, 8, 16, 32 up to 2²⁰ steps: the loss f, and t·f",
        Reach.ANALOGUE,
        "The statements behind the curves are checked on other data, ours, and on the pair of the paper's Theorem 3.",
        place="Figure 1",
        known="the article",
        claims=(
            "wu2024/mean-loss",
            "wu2024/stable-phase",
            "wu2024/phase-length",
        ),
    ),
    Exhibit(
        "MNIST 0 against 8, 1000 samples, steps 2⁻⁶ to 1",
        Reach.ANALOGUE,
        "Large steps that raise the loss first, on data of ours; no MNIST images are bundled.",
        place=UNNUMBERED,
        known="the article",
        claims=(
            "wu2024/stable-phase",
            "wu2024/accelerated-loss",
        ),
    ),
    Exhibit(
        "How a step chosen for the budget beats every step that never raises the loss",
        Reach.ANALOGUE,
        "Corollary 2 and Theorem 3 of the paper, on the pair of that theorem.",
        claims=(
            "wu2024/accelerated-loss",
            "wu2024/monotone-loss",
        ),
    ),
    rest(
        "We keep no complete list of the figures of the article.",
    ),
)
