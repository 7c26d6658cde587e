"""What we can show of the figures of wang2024momentum."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest, UNNUMBERED


FIGURES = (
    Exhibit(
        "SGD with and without momentum from scratch on ImageNet, and fine-tuning language models",
        Reach.NEEDS_GPU,
        "Small and medium batches; settings unknown to us.",
        place=UNNUMBERED,
        known="the abstract and public reviews",
    ),
    Exhibit(
        "ResNet-32 on CIFAR-10 at several levels ℓ of gradient noise",
        Reach.NEEDS_GPU,
        "Settings unknown to us.",
        place=UNNUMBERED,
        known="a public review of the paper",
    ),
    Exhibit(
        "SGD with momentum and γ = η(1 − β) against SGD with η over a slow horizon",
        Reach.ANALOGUE,
        "A landscape of ours, on which both have one slow SDE.",
        claims=("wang2024momentum/same-limit",),
    ),
    rest(
        "Numbers and axes of its figures we have not seen.",
    ),
)
