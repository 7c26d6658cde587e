"""What we can show of the figures of kloeden1992, a book."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest


FIGURES = (
    Exhibit(
        "Weak errors of schemes against the step",
        Reach.ANALOGUE,
        "The schemes and their orders are from chapters 14 and 15, the equations are ours.",
        claims=("kloeden1992/weak-orders",),
    ),
    rest(
        "Its figures we have not looked up.",
    ),
)
