# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""Scaling the steps: Adam, RMSProp, OASIS and others on ill-scaled data, and theorems against them."""

import marimo


app = marimo.App(width="full", app_title="Scaling the steps")


@app.cell(hide_code=True)
def _():
    import marimo as mo

    from paper_repro.classroom import desk
    from paper_repro.classroom.scaling import Controls, NAMES, show
    from paper_repro.classroom.shown import attempt
    from paper_repro.classroom.widgets.canvas import Canvas

    return Canvas, Controls, NAMES, attempt, desk, mo, show


@app.cell(hide_code=True)
def _(Controls, NAMES, mo):
    _names = {name: family for family, name in NAMES.items()}
    _at = Controls()

    def _slider(stops, value, label):
        return mo.ui.slider(
            steps=stops, value=value, label=label, show_value=True, debounce=True, full_width=True
        )

    def _choice(options, value, label):
        return mo.ui.dropdown(options, value=value, label=label, full_width=True)

    knobs = mo.ui.dictionary(
        {
            "families": mo.ui.multiselect(
                _names, value=[NAMES[f] for f in _at.families], label="scalings", full_width=True
            ),
            "scope": _choice({"one D̂ for all": "global", "one for each worker": "worker"}, "one D̂ for all", "scope"),
            "rotated": _choice({"as they are": False, "turned": True}, "as they are", "data"),
            "decades": _slider([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0], _at.decades, "units over so many decades"),
            "local_steps": _slider([1, 2, 4, 8, 16, 32], _at.local_steps, "local steps H"),
            "workers": _slider([1, 2, 4, 8], _at.workers, "workers M"),
            "heterogeneity": _slider(
                [0.0, 0.2, 0.4, 0.6, 0.8, 1.0], _at.heterogeneity, "unlike data: share of samples"
            ),
            "accuracy": _slider([0.005, 0.01, 0.02, 0.03, 0.05, 0.1], _at.accuracy, "accuracy ε"),
            "step": _slider([0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0], _at.step, "η over the tuned one"),
            "batch": _choice({"full": 0, "2": 2, "8": 8, "32": 32}, "8", "mini-batch"),
            "ridge": _slider([1e-5, 1e-4, 1e-3, 1e-2, 1e-1], _at.ridge, "l2"),
            "bounded": _choice(_names, NAMES[_at.bounded], "theorem for"),
            "theorem": _choice(["T1", "T2", "T3", "T4"], _at.theorem, "theorem"),
            "effort": _slider([1, 4, 16], _at.effort, "more: replicas"),
            "seed": mo.ui.number(0, 10**6, value=0, label="seed"),
        }
    )
    return (knobs,)


@app.cell(hide_code=True)
def _(Controls, attempt, knobs, show):
    def controls():
        return Controls(**knobs.value)

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
def _(controls, desk, knobs, mo, picture, scene):
    _of = knobs.elements

    def _row(*names):
        return mo.hstack([_of[name] for name in names], widths="equal", gap=2, align="end")

    _more = [
        _row("workers", "accuracy", "step", "ridge"),
        _row("batch", "theorem", "bounded", "effort", "seed"),
    ]
    mo.vstack(
        [
            _row("families", "scope", "rotated"),
            _row("decades", "local_steps", "heterogeneity"),
            mo.accordion({"More controls": mo.vstack(_more)}),
            desk.finding(scene),
            picture,
            desk.words(scene),
            mo.hstack([desk.snapshot("scaling", controls, scene)], justify="start"),
            desk.notes("scaling"),
        ],
        gap=0.8,
    )
    return


if __name__ == "__main__":
    app.run()
