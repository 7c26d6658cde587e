"""What we can show of the figures of zhu2024. We have seen none of them: no number and no axis is theirs."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest, UNNUMBERED


FIGURES = (
    Exhibit(
        "The direction of Local GD against rounds, for several numbers of local steps",
        Reach.ANALOGUE,
        "The theorem on classification, on data of ours and on bundled real data.",
        figures=(
            "separators",
            "direction",
            "real-data",
        ),
        claims=(
            "zhu2024/direction-limit",
            "zhu2024/direction-real-data",
            "zhu2024/direction-at-infinity",
        ),
    ),
    Exhibit(
        "The loss of Local GD against rounds",
        Reach.ANALOGUE,
        "The limit of the loss is derived here; the reading with one constant for every H is refuted.",
        figures=("loss",),
        claims=(
            "zhu2024/loss-limit",
            "zhu2024/loss-rate-reading",
        ),
    ),
    Exhibit(
        "Many local steps, and the anchored projections that mend them",
        Reach.ANALOGUE,
        "The methods are known to us through abstracts and reviews; the data are ours.",
        figures=("methods",),
        claims=(
            "zhu2024/many-local-steps",
            "zhu2024/anchored-projections",
        ),
    ),
    Exhibit(
        "Overparameterised regression: the distance to the minimum-norm solution",
        Reach.ANALOGUE,
        "The statement is theirs; the data are ours.",
        figures=("regression",),
        claims=("zhu2024/regression-minimum-norm",),
    ),
    Exhibit(
        "The last layer of a network, tuned by workers with unlike data",
        Reach.ANALOGUE,
        "Their network, data, steps and axes are unknown to us. Ours is a random first layer on MNIST, one label "
        "to a worker.",
        place=UNNUMBERED,
        known="a public review of the version of 2025: last-layer fine-tuning is named as its experiment",
        figures=("last-layer",),
        claims=("zhu2024/direction-real-data",),
    ),
    rest(
        "We know the statements through public abstracts and reviews. Which experiments there are beside the one "
        "above, on which data and with which settings, we have not seen.",
    ),
)
