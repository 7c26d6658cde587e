"""What we can show of the figures of karimireddy2020."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest


FIGURES = (
    Exhibit(
        "SCAFFOLD against FedAvg on unlike workers",
        Reach.ANALOGUE,
        "Quadratics of ours, on which every round is a formula.",
        figures=("bug-signatures",),
        claims=(
            "karimireddy2020/path",
            "karimireddy2020/limit",
            "karimireddy2020/rate",
            "karimireddy2020/long-rounds",
        ),
    ),
    rest(
        "We know its algorithm and its abstract; which figures and tables it has we have not seen.",
    ),
)
