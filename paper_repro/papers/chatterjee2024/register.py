"""What we can show of the figures of chatterjee2024."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest


FIGURES = (
    Exhibit(
        "Late updates: where training is stable",
        Reach.ANALOGUE,
        "The limit is classical; quadratics are ours.",
        claims=("chatterjee2024/delay-limit",),
    ),
    rest(
        "Known to us by its abstract: which figures and tables it has we have not seen.",
    ),
)
