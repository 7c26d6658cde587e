"""Claims and results on cards, for notebooks."""

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING

from markupsafe import Markup

from implicitbias.display import badge, brief, card, Cell, Row, table
from implicitbias.display.digits import known_digits, number
from implicitbias.display.prose import line
from paper_repro.claims.verdict import Comparison, Status, Verdict


if TYPE_CHECKING:
    from paper_repro.claims.claim import Claim, Reference
    from paper_repro.claims.result import FalsifierResult, Result


# Some measurements have no size to be told.
NO_ERROR = "–"


def claim_card(claim: "Claim") -> str:
    """Return statement, hypotheses, prediction, source and falsifiers of a claim."""
    assumed = Markup("").join(Markup("<li>{}</li>").format(line(text)) for text in claim.hypotheses)
    rows: list[Row] = [
        ("claim", Markup("<code>{}</code>").format(claim.key)),
        ("states", Markup("<br>").join(map(line, claim.statement.strip().split("\n\n")))),
        ("assumes", Markup('<ul style="margin:0;padding-left:1.2em">{}</ul>').format(assumed)),
        ("predicts", line(_first_line(claim.predict))),
        ("source", f"{claim.source}; {_place(claim.reference)}"),
        ("expected", claim.expects.value),
        ("knobs", _knobs({f.name: getattr(claim.knobs, f.name) for f in dataclasses.fields(claim.knobs)})),
    ]
    wrong = [(line(f.name), line(f.why)) for f in claim.falsifiers]
    table_of_wrong = table(("must be refuted", "why one might believe it"), wrong)
    return card(line(claim.title), [row for row in rows if row[1]], body=[table_of_wrong])


def verdict_card(verdict: Verdict) -> str:
    """Return a judge's verdict and the numbers it rests on."""
    rows = (("because", line(verdict.message)), ("evidence", verdict.evidence.value))
    return card(
        _status(verdict.status), [row for row in rows if row[1]], body=[_comparisons(verdict.comparisons)]
    )


def result_card(result: "Result") -> str:
    """Return the verdict, the numbers it rests on, and what became of the falsifiers."""
    rows: list[Row] = [
        ("verdict", badge(result.status.value, None if result.undecided else result.as_expected)),
        ("expected", f"{result.expected.value}; evidence {result.evidence.lower() or NO_ERROR}"),
        ("because", line(result.message)),
        ("claim", Markup("<code>{}</code>").format(result.key)),
        ("setting", _setting(result)),
    ]
    wrong = table(("falsifier", "why", ""), [_falsifier(f) for f in result.falsifiers])
    return card(
        line(result.title), [row for row in rows if row[1]], body=[_comparisons(result.comparisons), wrong]
    )


def _comparisons(comparisons: Iterable[Comparison]) -> Markup:
    return table(("compared", "measured", "predicted", ""), map(_compared, comparisons))


def _status(status: Status) -> Markup:
    return badge(status.value, {Status.HOLDS: True, Status.REFUTED: False}.get(status))


def _compared(c: Comparison) -> tuple[Cell, ...]:
    digits = known_digits(c.measured, c.uncertainty, c.allowance)
    predicted = Markup("{} {}").format(c.relation.value, _spread(c.predicted, c.allowance, digits))
    return line(c.name), _spread(c.measured, c.uncertainty, digits), predicted, _status(c.status)


def _spread(value: float, half_width: float, digits: int) -> Markup:
    if half_width == 0.0:
        return number(value, digits)
    return Markup("{} ± {}").format(number(value, digits), number(half_width, 2))


def _falsifier(f: "FalsifierResult") -> tuple[Cell, ...]:
    good = None if f.status is Status.NOT_APPLICABLE else f.status is Status.REFUTED
    return line(f.name), line(f.why), badge(f.status.value, good)


def _setting(result: "Result") -> str:
    parts = (
        _knobs(result.knobs),
        f"seed {result.seed}",
        f"budget {result.budget}",
        ", ".join(result.engines),
    )
    return "; ".join(part for part in parts if part)


def _knobs(knobs: dict[str, object]) -> str:
    return ", ".join(f"{name} = {brief(value)}" for name, value in knobs.items())


def _place(reference: "Reference") -> str:
    return ", ".join(part for part in (reference.paper, reference.place, *reference.versions) if part)


def _first_line(function: object) -> str:
    """Return the first line of what a prediction says of itself."""
    return (getattr(function, "__doc__", None) or "").strip().partition("\n")[0]
