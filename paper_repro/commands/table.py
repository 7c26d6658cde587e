"""Verdicts as text."""

from paper_repro.claims.result import Result


def verdict_table(results: list[Result]) -> str:
    """Return one line per claim, and a line that counts them."""
    width = max((len(r.key) for r in results), default=3)
    head = f"{'claim':<{width}}  {'verdict':<14} {'expected':<14} {'evidence':<11} {'teeth':>7} {'CPU s':>6}"
    lines = [head, "-" * len(head)]
    for r in results:
        lines.append(
            f"{r.key:<{width}}  {r.status.value:<14} {r.expected.value:<14} {r.evidence.lower() or '–':<11} "
            f"{_teeth(r):>7} {r.seconds:>6.2f}{_flag(r)}"
        )
    return "\n".join([*lines, "", _summary(results)])


def details(result: Result) -> str:
    """Return everything about one verdict."""
    knobs = ", ".join(f"{name} = {value}" for name, value in result.knobs.items()) or "none"
    grounds = f"expected {result.expected.value}; evidence {result.evidence or '–'}"
    lines = [
        f"{result.key}: {result.title}",
        f"verdict    {result.status.value} ({grounds}){_flag(result)}",
        f"           {result.message}",
    ]
    for c in result.comparisons:
        lines.append(
            f"compared   {c.name}: measured {c.measured:.8g} ± {c.uncertainty:.2g}, predicted {c.relation.value} "
            f"{c.predicted:.8g} (allowance {c.allowance:.2g}, resolution {c.resolution:.2g})"
        )
    lines += [f"falsifier  {f.status.value:<14} {f.name}: {f.why}" for f in result.falsifiers]
    engines = ", ".join(result.engines) or "–"
    lines.append(f"setting    knobs {knobs}; seed {result.seed}; budget {result.budget}; engine {engines}")
    if result.traceback:
        lines += ["", result.traceback]
    return "\n".join(lines)


def _teeth(result: Result) -> str:
    refuted = sum(f.status.value == "REFUTED" for f in result.falsifiers)
    return f"{refuted}/{len(result.falsifiers)}"


def _flag(result: Result) -> str:
    if result.toothless:
        return "  toothless: a falsifier was not refuted"
    if result.as_expected:
        return ""
    return "  undecided" if result.undecided else "  UNEXPECTED"


def _summary(results: list[Result]) -> str:
    expected = sum(r.as_expected for r in results)
    undecided = sum(r.undecided for r in results)
    falsifiers = [f for r in results for f in r.falsifiers]
    refuted = sum(f.status.value == "REFUTED" for f in falsifiers)
    parts = [f"{expected} of {len(results)} claims as expected"]
    if undecided:
        parts.append(f"{undecided} undecided")
    if len(results) - expected - undecided:
        parts.append(f"{len(results) - expected - undecided} NOT as expected")
    mean = sum(r.seconds for r in results) / max(len(results), 1)
    parts.append(f"{refuted} of {len(falsifiers)} falsifiers refuted")
    parts.append(f"{mean:.2f} CPU s a claim")
    return "; ".join(parts) + "."
