"""What we can show of the figures of crawshaw2025."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest, UNNUMBERED


FIGURES = (
    Exhibit(
        "Local GD on two clients with one sample each, and on MNIST with five clients of 200: loss against "
        "rounds, over grids of η and K",
        Reach.ANALOGUE,
        "2048 rounds, η from 2⁻² to 2¹⁰, K from 1 to 64; their two vectors are unknown to us. Data here are ours: "
        "large ηH first unstable and then faster, and a fixed ηH that fixes the loss.",
        place=UNNUMBERED,
        known="a public summary of the paper",
        figures=("loss",),
        claims=(
            "crawshaw2025/loss-bound",
            "derived/onset",
            "derived/local-steps-gain",
            "derived/loss-rate-corrected",
        ),
    ),
    Exhibit(
        "CIFAR-10, in an appendix",
        Reach.NEEDS_GPU,
        "Network and settings are unknown to us, and nothing here stands in for it.",
        place=UNNUMBERED,
        known="a public summary of the paper",
    ),
    rest(
        "Numbers and axes of its figures we have not seen.",
    ),
)
