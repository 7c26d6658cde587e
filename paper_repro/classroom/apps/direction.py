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
def _(AGGREGATIONS, DEALINGS, LOSSES, PRESETS, WORK, mo):
    preset = mo.ui.dropdown(list(PRESETS), value=next(iter(PRESETS)), label="points")
    dealing = mo.ui.dropdown(DEALINGS, value=DEALINGS[0], label="dealt")
    workers = mo.ui.slider(1, 6, value=2, label="M", show_value=True)
    seed = mo.ui.number(0, 10**6, value=0, label="seed")
    steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
    local_steps = mo.ui.slider(steps=steps, value=10, label="H", show_value=True)
    each = mo.ui.text(placeholder="as H", label="H₁, H₂, …")
    rates = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]
    lr = mo.ui.slider(steps=rates, value=0.2, label="η", show_value=True)
    loss = mo.ui.dropdown(LOSSES, value=LOSSES[0], label="loss")
    power = mo.ui.slider(steps=[1, 2, 3, 5, 10, 20], value=2, label="p of the tail", show_value=True)
    work = mo.ui.dropdown(WORK, value=WORK[0], label="local work")
    aggregation = mo.ui.dropdown(AGGREGATIONS, value=AGGREGATIONS[0], label="aggregation")
    decades = mo.ui.slider(steps=[3, 6, 10, 30, 100, 300], value=100, label="rounds 10^", show_value=True)
    guessing = mo.ui.checkbox(label="guess first")
    return (
        aggregation,
        dealing,
        decades,
        each,
        guessing,
        local_steps,
        loss,
        lr,
        power,
        preset,
        seed,
        work,
        workers,
    )


@app.cell(hide_code=True)
def _(guessing, mo):
    # A new guess is hidden again.
    reveal = mo.ui.switch(label="reveal", value=not guessing.value)
    return (reveal,)


@app.cell(hide_code=True)
def _(
    aggregation,
    dealing,
    decades,
    each,
    guessing,
    local_steps,
    loss,
    lr,
    mo,
    power,
    preset,
    reveal,
    seed,
    work,
    workers,
):
    def _row(*items):
        return mo.hstack(items, justify="start", gap=1, wrap=True, align="center")

    _tail = [power] if loss.value == "polynomial tail" else []
    _deal = [] if dealing.value == "as the preset has it" else [workers]
    _drawn = [seed] if "random" in (dealing.value + preset.value) else []
    _guess = [guessing, reveal] if guessing.value else [guessing]
    mo.vstack(
        [
            _row(preset, dealing),
            _row(local_steps, each, lr, decades),
            _row(loss, *_tail, work, aggregation, *_deal, *_drawn, *_guess),
        ],
        gap=0.4,
    )
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
def _(arrangement, attempt, board, dealing, dealt, preset, seed, workers):
    given = attempt(
        lambda: dealt(arrangement(preset.value, seed.value), dealing.value, workers.value, seed.value)
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
def _(
    Controls,
    aggregation,
    attempt,
    board,
    decades,
    each,
    given,
    guessing,
    hands,
    hidden,
    local_steps,
    local_steps_of,
    loss,
    lr,
    power,
    show,
    work,
):
    # What a hand has moved comes through `hands`; the board itself also knows what a preset has put.
    assert hands is not None

    def controls():
        return Controls(
            *board.held,
            local_steps=local_steps_of(each.value) if each.value.strip() else local_steps.value,
            lr=lr.value,
            loss=loss.value,
            power=float(power.value),
            work=work.value,
            aggregation=aggregation.value,
            decades=decades.value,
            prediction=board.guess if guessing.value else None,
            hidden=hidden,
        )

    scene = attempt(lambda: show(controls())) if hasattr(given, "points") else given
    return controls, scene


@app.cell(hide_code=True)
def _(board, canvas, lines_of, method_key_of, scene):
    board.draw(lines_of(scene), method_key_of(scene))
    # The first view is the board itself.
    canvas.show(getattr(scene, "views", ())[1:])
    return


@app.cell(hide_code=True)
def _(desk, scene):
    desk.words(scene)
    return


@app.cell(hide_code=True)
def _(controls, desk, scene):
    desk.snapshot("direction", controls, scene)
    return


@app.cell(hide_code=True)
def _(desk):
    desk.notes("direction")
    return


if __name__ == "__main__":
    app.run()
