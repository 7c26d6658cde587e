"""What we can show of the figures of wang2021."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest


FIGURES = (
    Exhibit(
        "The direction of RMSProp, with ε inside and outside the root, and that of AdaGrad",
        Reach.ANALOGUE,
        "The statement is theirs, data and linear model are ours.",
        figures=("directions",),
        claims=("wang2021/rmsprop-direction",),
    ),
    rest(
        "Known to us by its abstract: which figures it has we have not seen.",
    ),
)
