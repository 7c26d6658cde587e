"""What we can show of the figures of soudry2018, an article that we have read."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest, UNNUMBERED


FIGURES = (
    Exhibit(
        "Gradient descent with and without momentum on four support vectors and twelve more points: data, norm, "
        "loss, direction gap, margin gap",
        Reach.REGENERATED,
        "Support vectors, step 1/σ²_max and momentum 0.9 are the paper's; the twelve points off the margin are "
        "drawn anew, and Local GD is added. On these support vectors the direction converges faster than the "
        "theorem says in general.",
        place="Figure 1",
        known="the article",
        figures=("soudry-figure-1",),
        claims=(
            "soudry2018/figure-1-rate",
            "soudry2018/momentum-limit",
            "soudry2018/margin-gap",
        ),
    ),
    Exhibit(
        "The same with stochastic gradients in mini-batches of 4",
        Reach.ANALOGUE,
        "Local SGD on data of ours settles on the limit of gradient descent.",
        place=UNNUMBERED,
        known="the article",
        claims=("zhu2024/local-sgd-same-limit",),
    ),
    Exhibit(
        "Adam on the data of Figure 1 with the second coordinate stretched twenty times: not the Euclidean max "
        "margin",
        Reach.ANALOGUE,
        "Where Adam goes instead is checked on data of ours, without a floor and with one.",
        place="Figure 3",
        known="the article",
        figures=("directions",),
        claims=(
            "zhang2024adam/max-margin",
            "derived/floor-direction",
        ),
    ),
    Exhibit(
        "A convolutional network on CIFAR-10: norm, losses and errors by epochs",
        Reach.ANALOGUE,
        "The network needs a GPU. What the table is there to show, a validation loss that grows like log t while "
        "the error falls, is measured on a linear model.",
        place="Table 1",
        known="the article",
        claims=("soudry2018/validation-loss",),
    ),
    rest(
        "We keep no complete list of the figures of the article and of its appendix.",
    ),
)
