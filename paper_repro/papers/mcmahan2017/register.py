"""What we can show of the figures of mcmahan2017."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest


FIGURES = (
    Exhibit(
        "FedAvg against rounds, for several numbers of local steps",
        Reach.ANALOGUE,
        "Quadratics of ours, on which every round is a formula, as is the point of rest.",
        figures=("bug-distances",),
        claims=(
            "mcmahan2017/path",
            "mcmahan2017/fixed-point",
            "mcmahan2017/rate",
            "mcmahan2017/one-step",
        ),
    ),
    rest(
        "The paper trains deep networks, by its title. We have seen none of its figures and tables, and nothing "
        "here stands in for them.",
    ),
)
