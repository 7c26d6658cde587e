"""What we can show of the figures of wang2024."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest, UNNUMBERED


FIGURES = (
    Exhibit(
        "Progressive rescaling against gradient descent and its normalised form, on synthetic and real data",
        Reach.ANALOGUE,
        "The data are ours. The review has seen Figures 2(a) and 2(b) among the experiments, and does not say "
        "what is in them.",
        place=UNNUMBERED,
        known="a public review of an earlier submission",
        figures=("methods",),
        claims=(
            "wang2024/progressive-rescaling",
            "nacson2019/normalised-gd",
        ),
    ),
    Exhibit(
        "VGG on CIFAR-10",
        Reach.NEEDS_GPU,
        "Settings unknown to us, and nothing here stands in for it.",
        place=UNNUMBERED,
        known="a public review of an earlier submission",
    ),
    rest(
        "The version that was published has figures that we have not seen.",
    ),
)
