"""What we can show of the figures of zhang2024adam."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest, UNNUMBERED


FIGURES = (
    Exhibit(
        "Normalised ℓ∞ and ℓ2 margins against iterations: gradient descent, with momentum, Adam with and without "
        "stability constant",
        Reach.ANALOGUE,
        "The data are ours.",
        place=UNNUMBERED,
        known="a public summary that shows the figures of the paper",
        figures=("directions",),
        claims=(
            "zhang2024adam/max-margin",
            "derived/floor-direction",
        ),
    ),
    Exhibit(
        "The gap to the largest ℓ∞ margin, on logarithmic axes, for learning rates t^(−a) with a = 0.3, 0.5, 0.7, 1",
        Reach.ANALOGUE,
        "The exponents are from memory, the data are ours.",
        place=UNNUMBERED,
        known="a public summary that shows the figures of the paper",
        claims=("zhang2024adam/margin-rate",),
    ),
    rest(
        "The summary shows four pictures of one page; whether there are others we have not seen.",
    ),
)
