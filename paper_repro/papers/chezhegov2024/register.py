"""What we can show of the figures of chezhegov2024: its network, its data and its figures are unknown to us."""

from paper_repro.claims.exhibit import Exhibit, Reach


FIGURES = (
    Exhibit(
        "A network trained with local steps and scaling: accuracy and loss against rounds",
        Reach.ANALOGUE,
        "The abstract speaks of a neural network in practice. Ours is small, on digits, and not theirs.",
        figures=("network",),
        claims=(
            "chezhegov2024/network-scaling",
            "chezhegov2024/network-local-steps",
            "chezhegov2024/network-scope",
            "chezhegov2024/network-standardised",
        ),
    ),
    Exhibit(
        "Every other figure and table of the article",
        Reach.UNKNOWN,
        "Its network, its data, its constants and its figures are unknown to us.",
    ),
)
