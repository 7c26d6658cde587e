"""What we can show of the figures of wang2020."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest, UNNUMBERED


FIGURES = (
    Exhibit(
        "FedAvg, FedProx and FedNova on CIFAR-10 dealt unevenly, with unequal local epochs",
        Reach.NEEDS_GPU,
        "VGG and ResNet by the options of the script. Nothing here stands in for it.",
        place=UNNUMBERED,
        known="the authors' code",
    ),
    Exhibit(
        "Where FedAvg with unequal H_m comes to rest, and FedNova",
        Reach.ANALOGUE,
        "Quadratics of ours, on which both points are formulas.",
        claims=(
            "wang2020/objective",
            "wang2020/fixed-point",
            "wang2020/nova-order",
        ),
    ),
    rest(
        "Which figures and tables the paper has we have not seen.",
    ),
)
