"""What we can show of the figures of wang2022."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest


FIGURES = (
    Exhibit(
        "The average drift at the optimum against the dissimilarity of gradients",
        Reach.ANALOGUE,
        "Closed forms on quadratics of ours.",
        claims=(
            "wang2022/average-drift",
            "wang2022/equal-hessians",
            "wang2022/short-rounds",
        ),
    ),
    rest(
        "Known to us by its abstract: which figures and tables it has we have not seen.",
    ),
)
