"""What we can show of the figures of ju2024."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest


FIGURES = (
    Exhibit(
        "The error of the model over rounds, for one, some and all local steps",
        Reach.ANALOGUE,
        "The closed forms are derived here for features x ~ N(0, I); those of the paper are unknown to us.",
        claims=(
            "ju2024/one-step",
            "ju2024/fresh-steps",
            "ju2024/exact-fits",
            "ju2024/stationary-error",
        ),
    ),
    rest(
        "Known to us by its abstract: which figures and tables it has we have not seen.",
    ),
)
