# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""Where does Local GD go: points that the class moves, and the direction of w from round 1 to round 10^100."""

import marimo


app = marimo.App(width="full", app_title="Where does Local GD go?")


@app.cell(hide_code=True)
def _():
    import marimo as mo

    from paper_repro.classroom import desk
    from paper_repro.classroom.direction import Controls, show
    from paper_repro.classroom.direction.board import lines_of, method_key_of
    from paper_repro.classroom.direction.controls import AGGREGATIONS, local_steps_of, LOSSES, WORK
    from paper_repro.classroom.direction.dealing import DEALINGS, dealt
    from paper_repro.classroom.direction.presets import arrangement, PRESETS
    from paper_repro.classroom.shown import attempt
    from paper_repro.classroom.widgets.canvas import Canvas
    from paper_repro.classroom.widgets.points import PointBoard

    return (
        AGGREGATIONS,
        Canvas,
        Controls,
        DEALINGS,
        LOSSES,
        PRESETS,
        PointBoard,
        WORK,
        arrangement,
        attempt,
        dealt,
        desk,
        lines_of,
        local_steps_of,
        method_key_of,
        mo,
        show,
    )


@app.cell(hide_code=True)
def _(DEALINGS, PRESETS, mo):
    # Apart from the rest: whatever is set here deals the points anew, over what hands have moved.
    dealing = mo.ui.dictionary(
        {
            "preset": mo.ui.dropdown(list(PRESETS), value=next(iter(PRESETS)), label="points"),
            "dealt": mo.ui.dropdown(DEALINGS, value=DEALINGS[0], label="dealt"),
            "workers": mo.ui.slider(1, 6, value=2, label="M", show_value=True),
            "seed": mo.ui.number(0, 10**6, value=0, label="seed"),
        }
    )
    return (dealing,)


@app.cell(hide_code=True)
def _(AGGREGATIONS, LOSSES, WORK, mo):
    def _slider(steps, value, label):
        return mo.ui.slider(steps=steps, value=value, label=label, show_value=True)

    _rates = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]
    method = mo.ui.dictionary(
        {
            "local_steps": _slider([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], 10, "H"),
            "lr": _slider(_rates, 0.2, "η"),
            "loss": mo.ui.dropdown(LOSSES, value=LOSSES[0], label="loss"),
            "power": _slider([1.0, 2.0, 3.0, 5.0, 10.0, 20.0], 2.0, "p of the tail"),
            "work": mo.ui.dropdown(WORK, value=WORK[0], label="local work"),
            "aggregation": mo.ui.dropdown(AGGREGATIONS, value=AGGREGATIONS[0], label="aggregation"),
            "decades": _slider([3, 6, 10, 30, 100, 300], 100, "rounds 10^"),
        }
    )
    each = mo.ui.text(placeholder="as H", label="H₁, H₂, …")
    guessing = mo.ui.checkbox(label="guess first")
    return each, guessing, method


@app.cell(hide_code=True)
def _(guessing, mo):
    # A new guess is hidden again.
    reveal = mo.ui.switch(label="reveal", value=not guessing.value)
    return (reveal,)


@app.cell(hide_code=True)
def _(dealing, each, guessing, method, mo, reveal):
    def _row(*items):
        return mo.hstack(items, justify="start", gap=1, wrap=True, align="center")

    _dealt, _of = dealing.elements, method.elements
    _tail = [_of["power"]] if method.value["loss"] == "polynomial tail" else []
    _deal = [] if dealing.value["dealt"] == "as the preset has it" else [_dealt["workers"]]
    _random = any("random" in dealing.value[name] for name in ("dealt", "preset"))
    _guess = [guessing, reveal] if guessing.value else [guessing]
    mo.vstack(
        [
            _row(_dealt["preset"], _dealt["dealt"]),
            _row(_of["local_steps"], each, _of["lr"], _of["decades"]),
            _row(_of["loss"], *_tail, _of["work"], _of["aggregation"], *_deal,
                 *([_dealt["seed"]] if _random else []), *_guess),
        ],
        gap=0.4,
    )  # fmt: skip
    return


@app.cell(hide_code=True)
def _(desk, scene):
    desk.finding(scene)
    return


@app.cell(hide_code=True)
def _(Canvas, PointBoard, mo):
    # Shown by the cell that makes them: it never runs again, so that nothing flickers under the hand.
    board, canvas = PointBoard(), Canvas()
    hands, picture = mo.ui.anywidget(board), mo.ui.anywidget(canvas)
    mo.hstack([hands, picture], widths=[1, 1.25], gap=1.5, align="start")
    return board, canvas, hands


@app.cell(hide_code=True)
def _(arrangement, attempt, board, dealing, dealt):
    _at = dealing.value
    given = attempt(
        lambda: dealt(arrangement(_at["preset"], _at["seed"]), _at["dealt"], _at["workers"], _at["seed"])
    )
    if hasattr(given, "points"):
        board.put(given.points, given.labels, given.workers, given.extent)
    return (given,)


@app.cell(hide_code=True)
def _(board, guessing, reveal):
    board.guessing = guessing.value and not reveal.value
    board.guess = board.guess or 0.0
    hidden = board.guessing
    return (hidden,)


@app.cell(hide_code=True)
def _(Controls, attempt, board, each, given, guessing, hands, hidden, local_steps_of, method, show):
    # What a hand has moved comes through `hands`; the board itself also knows what a preset has put.
    assert hands is not None

    def controls():
        typed = {"local_steps": local_steps_of(each.value)} if each.value.strip() else {}
        guess = board.guess if guessing.value else None
        return Controls(*board.held, **(method.value | typed), prediction=guess, hidden=hidden)

    scene = attempt(lambda: show(controls())) if hasattr(given, "points") else given
    return controls, scene


@app.cell(hide_code=True)
def _(board, canvas, lines_of, method_key_of, scene):
    board.draw(lines_of(scene), method_key_of(scene))
    # The first view is the board itself.
    canvas.show(getattr(scene, "views", ())[1:])
    return


@app.cell(hide_code=True)
def _(controls, desk, mo, scene):
    mo.vstack(desk.below("direction", controls, scene), gap=0.8)
    return


if __name__ == "__main__":
    app.run()
