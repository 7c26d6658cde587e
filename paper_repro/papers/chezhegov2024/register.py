"""What we can show of the figures of chezhegov2024: its network, its data and its figures are unknown to us."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest, UNNUMBERED


FIGURES = (
    Exhibit(
        "A network trained with local steps and scaling: accuracy and loss against rounds",
        Reach.ANALOGUE,
        "The abstract speaks of a neural network in practice. Ours is small, on digits, and not theirs.",
        place=UNNUMBERED,
        known="the abstract",
        figures=("network",),
        claims=(
            "chezhegov2024/network-scaling",
            "chezhegov2024/network-local-steps",
            "chezhegov2024/network-scope",
            "chezhegov2024/network-standardised",
        ),
    ),
    Exhibit(
        "Rounds to accuracy with and without scaling, on ill-scaled data",
        Reach.ANALOGUE,
        "A question that its method asks; data, features and turned features are ours.",
        figures=("rounds",),
        claims=(
            "derived/rounds-to-accuracy",
            "derived/scaling-sees-no-rotation",
        ),
    ),
    Exhibit(
        "A bound of SAVIC type against a run",
        Reach.ANALOGUE,
        "The bounds are derived here with complete constants, and are no theorem of the article.",
        figures=(
            "bound-against-data",
            "noise-floor",
        ),
        claims=(
            "derived/scaling-theorem-1",
            "derived/scaling-theorem-4",
            "derived/noise-floor-workers",
        ),
    ),
    rest(
        "Its network, its data, its constants and its figures are unknown to us, and so is their number.",
    ),
)
