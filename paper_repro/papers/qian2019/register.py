"""What we can show of the figures of qian2019."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest


FIGURES = (
    Exhibit(
        "The direction of AdaGrad and that of gradient descent",
        Reach.ANALOGUE,
        "The statement is theirs, the data are ours.",
        figures=("directions",),
        claims=(
            "qian2019/adagrad-direction",
            "derived/adagrad-local-steps",
        ),
    ),
    rest(
        "Known to us by its abstract: which figures it has we have not seen.",
    ),
)
