"""What we can show of the figures of ji2019."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest


FIGURES = (
    Exhibit(
        "Data that are separable in part: the limit on U, and the direction across it",
        Reach.ANALOGUE,
        "The theorems are the paper's, the planted data are ours.",
        claims=(
            "ji2019/direction",
            "ji2019/loss-bound",
            "ji2019/loss-limit",
        ),
    ),
    rest(
        "We work from its theorems and have noted none of its figures.",
    ),
)
