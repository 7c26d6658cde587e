"""What we can show of the figures of ji2021."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest


FIGURES = (
    Exhibit(
        "The margin of normalised gradient descent against the bound",
        Reach.ANALOGUE,
        "The theorems are the paper's, the data are ours.",
        claims=(
            "ji2021/margin-bound",
            "ji2021/offset-lower-bound",
        ),
    ),
    rest(
        "We work from its theorems and have noted none of its figures.",
    ),
)
