"""What we can show of the figures of lieder2021."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest


FIGURES = (
    Exhibit(
        "The residual of the Halpern iteration against the bound, which one map attains",
        Reach.ANALOGUE,
        "The rate is stated there; the maps are ours.",
        figures=("methods",),
        claims=("lieder2021/halpern-bound",),
    ),
    rest(
        "We know its theorem; whether it has figures we have not seen.",
    ),
)
