"""What we can show of the figures of li2017."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest


FIGURES = (
    Exhibit(
        "The weak error of modified equations of first and second order against the learning rate",
        Reach.ANALOGUE,
        "The orders are theirs, the problems are ours.",
        figures=("weak-error",),
        claims=(
            "li2017/sme-orders",
            "li2017/slow-horizon",
        ),
    ),
    rest(
        "We work from its statements, restated from memory; its figures we have not looked up.",
    ),
)
