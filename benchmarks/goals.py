"""Ratios aimed at, judged against the fastest contestant of a kind, and the table that shows them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """``contestant`` (or every one whose name begins so) takes at least ``aim`` times as long as ``engine``."""

    over: str
    aim: float
    engine: str = "this engine"


def judged(goals: Sequence[Goal], rows: Sequence[dict]) -> list[dict[str, object]]:
    """Return the ratio to the fastest of each kind that takes part, and whether it is the one aimed at."""
    times = {r["contestant"]: r["ratio_to_engine"]["median"] for r in rows}
    results = []
    for goal in goals:
        kind = {name: time / times[goal.engine] for name, time in times.items() if name.startswith(goal.over)}
        if kind:
            fastest = min(kind, key=lambda name: kind[name])
            met = kind[fastest] >= goal.aim
            results.append(
                {
                    "engine": goal.engine,
                    "over": goal.over,
                    "aim": goal.aim,
                    "fastest": fastest,
                    "ratio": kind[fastest],
                    "met": met,
                }
            )
    return results


def table(record: dict) -> str:
    """Return times, ratios and goals as text."""
    lines = [record["setting"], f"  {'':<34}{'ns/step':>10}{'noise':>8}{'× engine':>11}{'noise':>8}"]
    for row in record["rows"]:
        time, ratio = row["seconds_per_step"], row["ratio_to_engine"]
        lines.append(
            f"  {row['contestant']:<34}{1e9 * time['median']:>10.2f}{time['noise']:>8.0%}"
            f"{ratio['median']:>11.2f}{ratio['noise']:>8.0%}"
        )
    lines += [f"  {name}: {why}" for name, why in record.get("absent", {}).items()]
    for goal in record["goals"]:
        said = "met" if goal["met"] else "NOT met"
        lines.append(
            f"  aim {goal['aim']:.3g}× {goal['over']} for {goal['engine']}: {goal['ratio']:.2f}×"
            f" ({goal['fastest']}), {said}"
        )
    return "\n".join(lines)
