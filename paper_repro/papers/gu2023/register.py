"""What we can show of the figures of gu2023. We know the equations and the abstract, not the numbers of figures."""

from paper_repro.claims.exhibit import Exhibit, Reach


FIGURES = (
    Exhibit(
        "When Local SGD gains: a small learning rate, a long training, enough local steps",
        Reach.ANALOGUE,
        "The main finding of the abstract, on a diagonal network of ours with an exact slow SDE.",
        figures=("ablation", "held-out"),
        claims=("gu2023/removing-either", "gu2023/held-out-error", "gu2023/held-out-error-dense"),
    ),
    Exhibit(
        "The drift of Local SGD over that of SGD, against the time of a round",
        Reach.ANALOGUE,
        "The slow SDE of Local SGD; the valleys, in which every constant is known, are ours.",
        figures=("drift-ratio", "sharpness"),
        claims=("gu2023/drift-ratio", "gu2023/long-rounds", "gu2023/short-rounds", "gu2023/worker-scan"),
    ),
    Exhibit(
        "Local SGD and its slow SDE over a slow horizon",
        Reach.ANALOGUE,
        "Paths, densities and weak errors, on landscapes of ours.",
        figures=("valley-fan", "ring-density", "weak-error"),
        claims=("gu2023/weak-approximation", "gu2023/weak-error", "gu2023/slow-horizon"),
    ),
    Exhibit(
        "Every figure and table of networks trained in practice",
        Reach.UNKNOWN,
        "We know neither their networks nor their settings, and nothing here stands in for them.",
    ),
)
