"""What we can show of the figures of douillard2023. Numbers are those of a public transcript."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest, UNNUMBERED


FIGURES = (
    Exhibit(
        "A drawing of the algorithm",
        Reach.ANALOGUE,
        "A schematic, with nothing to measure. What it draws is run here as a recursion of outer steps, mode by "
        "mode, on quadratics.",
        place="Figure 1",
        known="a public transcript of the paper",
        claims=("douillard2023/outer-rate",),
    ),
    Exhibit(
        "Perplexity on C4 against steps: 8 workers that communicate 500 times less, and baselines",
        Reach.NEEDS_GPU,
        "Transformers of 60M to 400M parameters.",
        place="Figure 2",
        known="a public transcript of the paper",
    ),
    Exhibit(
        "The number of steps of pretraining",
        Reach.NEEDS_GPU,
        "As above.",
        place="Figure 3",
        known="a public transcript of the paper",
    ),
    Exhibit(
        "How often workers communicate: H = 50 to 2000 inner steps",
        Reach.ANALOGUE,
        "With gradient descent inside, on quadratics: how the best outer momentum depends on H. No perplexity of "
        "theirs is compared.",
        place="Figure 4",
        known="a public transcript of the paper",
        claims=("douillard2023/best-momentum",),
    ),
    Exhibit(
        "Data dealt evenly and unevenly",
        Reach.NEEDS_GPU,
        "As above.",
        place="Figure 5",
        known="a public transcript of the paper",
    ),
    Exhibit(
        "Trade-offs of five ways to train, and perplexity by the number of replicas",
        Reach.NEEDS_GPU,
        "Two tables, as above.",
        place=UNNUMBERED,
        known="a public transcript of the paper",
    ),
    rest(
        "The transcript has five figures and two tables, and may be abridged: what else the paper has we have not "
        "seen.",
    ),
)
