"""What we can show of the figures of li2020. Numbers are those that the README of the authors' code names."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest


FIGURES = (
    Exhibit(
        "Training loss on five federated data sets: synthetic, MNIST, FEMNIST, Shakespeare, Sent140",
        Reach.NEEDS_GPU,
        "Some of the models are deep networks; none of the data sets is bundled.",
        place="Figure 1",
        known="the README of the authors' code",
    ),
    Exhibit(
        "FedAvg and FedProx on four synthetic data sets, ever more unlike: training loss, test accuracy, "
        "dissimilarity",
        Reach.ANALOGUE,
        "Theirs is multinomial logistic regression, with 10 devices a round. Ours are quadratics, on which the "
        "point of rest and the pull of ρ are formulas.",
        place="Figure 2",
        known="the README of the authors' code",
        claims=(
            "li2020/path",
            "li2020/fixed-point",
            "li2020/pull",
        ),
    ),
    rest(
        "The README names two figures; the tables and the appendix we have not seen.",
    ),
)
