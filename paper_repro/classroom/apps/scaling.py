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
def _(Controls, NAMES, desk, mo):
    _names = {name: family for family, name in NAMES.items()}
    _at = Controls()

    knobs = mo.ui.dictionary(
        {
            "families": mo.ui.multiselect(
                _names, value=[NAMES[f] for f in _at.families], label="scalings", full_width=True
            ),
            "scope": desk.choice(
                {"one D̂ for all": "global", "one for each worker": "worker"}, "one D̂ for all", "scope"
            ),
            "rotated": desk.choice({"as they are": False, "turned": True}, "as they are", "data"),
            "decades": desk.slider(
                [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0], _at.decades, "units over so many decades"
            ),
            "local_steps": desk.slider([1, 2, 4, 8, 16, 32], _at.local_steps, "local steps H"),
            "workers": desk.slider([1, 2, 4, 8], _at.workers, "workers M"),
            "heterogeneity": desk.slider(
                [0.0, 0.2, 0.4, 0.6, 0.8, 1.0], _at.heterogeneity, "unlike data: share of samples"
            ),
            "accuracy": desk.slider([0.005, 0.01, 0.02, 0.03, 0.05, 0.1], _at.accuracy, "accuracy ε"),
            "step": desk.slider([0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0], _at.step, "η over the tuned one"),
            "batch": desk.choice({"full": 0, "2": 2, "8": 8, "32": 32}, "8", "mini-batch"),
            "ridge": desk.slider([1e-5, 1e-4, 1e-3, 1e-2, 1e-1], _at.ridge, "l2"),
            "bounded": desk.choice(_names, NAMES[_at.bounded], "theorem for"),
            "theorem": desk.choice(["T1", "T2", "T3", "T4"], _at.theorem, "theorem"),
            "effort": desk.slider([1, 4, 16], _at.effort, "more: replicas"),
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
        return desk.row(*(_of[name] for name in names))

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
            *desk.below("scaling", controls, scene),
        ],
        gap=0.8,
    )
    return


if __name__ == "__main__":
    app.run()
