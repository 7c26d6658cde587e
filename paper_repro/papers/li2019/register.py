"""What we can show of the figures of li2019."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest


FIGURES = (
    Exhibit(
        "A quadratic: mean and variance of SGD against those of both equations",
        Reach.ANALOGUE,
        "Exact on every quadratic; the numbers are ours.",
        claims=(
            "li2019/stationary-variance",
            "li2017/sme-orders",
        ),
    ),
    rest(
        "We work from its statements, restated from memory; its figures we have not looked up.",
    ),
)
