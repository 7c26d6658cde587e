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
def _(desk, find, mo, scales, statement):
    def _control(scale):
        label = f"{scale.symbol}: {scale.meaning}"
        if scale.ordered:
            return desk.slider(scale.stops, scale.default, label)
        return mo.ui.dropdown({str(c): c for c in scale.stops}, value=str(scale.default), label=label)

    knobs = mo.ui.dictionary({s.name: _control(s) for s in scales(find(statement.value))})
    seed = mo.ui.number(0, 10**6, value=0, label="seed")
    budget = mo.ui.radio(["smoke", "quick"], value="smoke", label="budget", inline=True)
    return budget, knobs, seed


@app.cell(hide_code=True)
def _(Controls, attempt, budget, knobs, seed, show, statement):
    def controls():
        return Controls(statement.value, dict(knobs.value), seed.value, budget.value)

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
def _(budget, controls, desk, knobs, mo, picture, scene, seed):
    _left = mo.vstack([*knobs.elements.values(), mo.hstack([seed, budget], justify="start", gap=2)], gap=0.8)
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
