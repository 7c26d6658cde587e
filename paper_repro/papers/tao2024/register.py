"""What we can show of the figures of tao2024."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest, UNNUMBERED


FIGURES = (
    Exhibit(
        "ViT-B-32 tuned task by task, merged by task arithmetic and by variants after FedNova, FedGMA, the median "
        "and CCLIP",
        Reach.NEEDS_GPU,
        "Models of vision and language; accuracies unknown to us.",
        place=UNNUMBERED,
        known="the README of the authors' code",
    ),
    Exhibit(
        "What one-shot merging loses",
        Reach.ANALOGUE,
        "Quadratics of ours, on which the excess is a formula.",
        claims=(
            "tao2024/excess",
            "tao2024/one-round",
        ),
    ),
    rest(
        "Which figures and tables the paper has we have not seen.",
    ),
)
