"""What we can show of the figures of dhawan2024."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest


FIGURES = (
    Exhibit(
        "Merging by Fisher information against plain averages as local training grows",
        Reach.ANALOGUE,
        "The abstract says that it is more robust; quadratics of ours say when it is exact.",
        claims=("dhawan2024/fisher-merge",),
    ),
    rest(
        "The experiments are of federated learning at scale, by the title; which they are we have not seen.",
    ),
)
