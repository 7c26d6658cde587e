# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""Claim explorer: any claim of the catalogue at any knobs."""

import marimo


app = marimo.App(width="full", app_title="Claim explorer")


@app.cell(hide_code=True)
def _():
    import marimo as mo

    from paper_repro.catalogue import ENTRIES, find
    from paper_repro.classroom import desk
    from paper_repro.classroom.explorer import Controls, scales, show
    from paper_repro.classroom.shown import attempt
    from paper_repro.classroom.widgets.canvas import Canvas

    return Canvas, Controls, ENTRIES, attempt, desk, find, mo, scales, show


@app.cell(hide_code=True)
def _(ENTRIES, mo):
    papers = ["all", *dict.fromkeys(entry.paper for entry in ENTRIES)]
    paper = mo.ui.dropdown(papers, value="zhu2024", label="paper")
    return (paper,)


@app.cell(hide_code=True)
def _(ENTRIES, mo, paper):
    titles = {f"{e.key}: {e.title}": e.key for e in ENTRIES if paper.value in ("all", e.paper)}
    statement = mo.ui.dropdown(
        titles, value=next(iter(titles)), label="claim", searchable=True, full_width=True
    )
    mo.hstack([paper, statement], widths=[1.3, 4], align="end")
    return (statement,)


@app.cell(hide_code=True)
def _(find, scales, statement):
    asked = scales(find(statement.value))
    return (asked,)


@app.cell(hide_code=True)
def _(asked, desk, mo):
    # Sliders and choices are made in cells of their own: what a hand still sends while another claim comes goes to the
    # control at the same place, and must be of its kind.
    sliders = mo.ui.dictionary(
        {s.name: desk.slider(s.stops, s.default, f"{s.symbol}: {s.meaning}") for s in asked if s.ordered}
    )
    return (sliders,)


@app.cell(hide_code=True)
def _(asked, desk, mo):
    choices = mo.ui.dictionary(
        {
            s.name: desk.choice({str(c): c for c in s.stops}, str(s.default), f"{s.symbol}: {s.meaning}")
            for s in asked
            if not s.ordered
        }
    )
    return (choices,)


@app.cell(hide_code=True)
def _(mo):
    seed = mo.ui.number(0, 10**6, value=0, label="seed")
    budget = mo.ui.radio(["smoke", "quick"], value="smoke", label="budget", inline=True)
    return budget, seed


@app.cell(hide_code=True)
def _(Controls, attempt, budget, choices, seed, show, sliders, statement):
    def controls():
        return Controls(statement.value, {**sliders.value, **choices.value}, seed.value, budget.value)

    scene = attempt(lambda: show(controls()))
    return controls, scene


@app.cell(hide_code=True)
def _(Canvas, mo):
    canvas = Canvas()
    picture = mo.ui.anywidget(canvas)
    return canvas, picture


@app.cell(hide_code=True)
def _(canvas, scene):
    canvas.show(getattr(scene, "views", ()))
    return


@app.cell(hide_code=True)
def _(budget, choices, controls, desk, mo, picture, scene, seed, sliders):
    _knobs = (*sliders.elements.values(), *choices.elements.values())
    _left = mo.vstack([*_knobs, mo.hstack([seed, budget], justify="start", gap=2)], gap=0.8)
    _right = mo.vstack([desk.finding(scene), picture])
    mo.vstack(
        [
            mo.hstack([_left, _right], widths=[1, 2.2], gap=2, align="start"),
            *desk.below("claims", controls, scene),
        ],
        gap=1.2,
    )
    return


if __name__ == "__main__":
    app.run()
