"""What we can show of the figures of nacson2019 and of its companion of the same year."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest


FIGURES = (
    Exhibit(
        "The margin of normalised gradient descent against that of gradient descent",
        Reach.ANALOGUE,
        "The statement is theirs, the data are ours.",
        figures=("methods",),
        claims=(
            "nacson2019/normalised-gd",
            "derived/normalised-limit",
        ),
    ),
    rest(
        "We know the statements through public abstracts; which figures the papers have we have not seen.",
    ),
)
