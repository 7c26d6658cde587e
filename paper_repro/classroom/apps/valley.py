# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""How local steps push you along the valley: SGD, Local SGD and QSR against their slow SDEs."""

import marimo


app = marimo.App(width="full", app_title="How local steps push you along the valley")


@app.cell(hide_code=True)
def _():
    import threading

    import marimo as mo

    from paper_repro.classroom import desk
    from paper_repro.classroom.shown import attempt
    from paper_repro.classroom.valley import Controls, GROUNDS, shown, study, visit
    from paper_repro.classroom.valley.warm import warm
    from paper_repro.classroom.widgets.canvas import Canvas

    # The first step on a landscape compiles a kernel, once on a machine: so that no slider waits for it.
    threading.Thread(target=warm, daemon=True).start()
    return Canvas, Controls, GROUNDS, attempt, desk, mo, shown, study, visit


@app.cell(hide_code=True)
def _(GROUNDS, desk):
    _titles = {ground.title: name for name, ground in GROUNDS.items()}
    landscape = desk.choice(_titles, GROUNDS["valley"].title, "landscape")
    return (landscape,)


@app.cell(hide_code=True)
def _(GROUNDS, desk, landscape):
    _kinds = list(GROUNDS[landscape.value].kinds)
    noise = desk.choice(_kinds, _kinds[0], "noise")
    return (noise,)


@app.cell(hide_code=True)
def _(desk, mo):
    knobs = mo.ui.dictionary(
        {
            "local_steps": desk.slider([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], 20, "local steps H"),
            "workers": desk.slider([1, 2, 4, 8, 16, 32], 8, "workers M"),
            "lr": desk.slider([0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2], 0.02, "learning rate η"),
            "batch": desk.slider([0.5, 1.0, 2.0, 4.0, 8.0], 1.0, "total batch B"),
            "sigma": desk.slider([0.5, 0.7, 1.0, 1.4, 2.0], 1.0, "noise σ"),
            "slow_time": desk.slider([0.1, 0.2, 0.4, 0.8, 1.6], 0.4, "slow time T"),
            "effort": desk.slider([1, 4, 16, 64], 1, "more: replicas"),
        }
    )
    _schedules = {
        "constant": "constant",
        "halved once, with QSR": "halved once",
        "halved twice, with QSR": "halved twice",
    }
    schedule = desk.choice(_schedules, "constant", "learning rate over time")
    seed = mo.ui.number(0, 10**6, value=0, label="seed")
    return knobs, schedule, seed


@app.cell(hide_code=True)
def _():
    visited = []
    return (visited,)


@app.cell(hide_code=True)
def _(Controls, attempt, knobs, landscape, noise, schedule, seed, shown, study, visit, visited):
    def controls():
        return Controls(landscape.value, noise.value, schedule=schedule.value, seed=seed.value, **knobs.value)

    def _look():
        found = study(controls())
        before = tuple(visited)
        visited.append(visit(found))
        return shown(found, before)

    scene = attempt(_look)
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
def _(controls, desk, knobs, landscape, mo, noise, picture, scene, schedule, seed):
    _of = knobs.elements
    _more = desk.row(*(_of[name] for name in ("slow_time", "batch", "sigma", "effort")), seed)
    mo.vstack(
        [
            desk.row(landscape, noise, schedule),
            desk.row(_of["local_steps"], _of["lr"], _of["workers"]),
            mo.accordion({"More controls": _more}),
            desk.finding(scene),
            picture,
            *desk.below("valley", controls, scene),
        ],
        gap=0.8,
    )
    return


if __name__ == "__main__":
    app.run()
