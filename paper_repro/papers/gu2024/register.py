"""What we can show of the figures of gu2024."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest, UNNUMBERED


FIGURES = (
    Exhibit(
        "Top-1 accuracy of ResNet-152 and ViT-B on ImageNet: QSR against constant H and other rules",
        Reach.NEEDS_GPU,
        "200 and 300 epochs on many GPUs. That H ∝ η⁻² keeps the drift is checked where it is a formula.",
        place=UNNUMBERED,
        known="the abstract, public reviews and the recipes in the authors' code",
    ),
    Exhibit(
        "Wall-clock times of constant H and of QSR",
        Reach.NEEDS_GPU,
        "Times of clusters of GPUs.",
        place="Table 4",
        known="public reviews of the paper",
    ),
    Exhibit(
        "ResNet-50 for 90 epochs, where QSR has no effect",
        Reach.NEEDS_GPU,
        "A network on ImageNet.",
        place="Appendix D",
        known="a public review of the paper",
    ),
    Exhibit(
        "How often QSR communicates, of the steps of data-parallel training",
        Reach.ANALOGUE,
        "The released rule is replayed on the released recipe, round by round, to the integer.",
        claims=("gu2024/scheduler-replay",),
    ),
    Exhibit(
        "The slow drift under QSR, and under a constant H as the learning rate decays",
        Reach.ANALOGUE,
        "Valleys of ours, in which the drift is known.",
        figures=(
            "sharpness",
            "held-out",
        ),
        claims=(
            "gu2024/qsr-error",
            "gu2024/decaying-rate",
        ),
    ),
    rest(
        "Numbers, axes and accuracies of the other figures and tables we have not seen.",
    ),
)
