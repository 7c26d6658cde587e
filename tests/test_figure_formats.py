"""Formats of figures: what moves keeps its place, what needs a program says so, every file knows where it is from."""

import itertools
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from figures import (
    Animation,
    Cloud,
    Field,
    filled_in,
    on_common_limits,
    Panel,
    read_sidecar,
    render_figure,
    save,
    save_animation,
    Separator,
    Series,
    VENUES,
    View,
)
from figures.contact_sheet import COLUMNS, contact_sheet
from figures.film import PAUSE, WIDTHS
from figures.frames import draw_frames
from figures.pgf import escaped
from figures.words import typeset
from implicitbias.errors import BadInput
from paper_repro.command_line import main


X = np.geomspace(1.0, 1e3, 12)
SIDECAR = {"figure": "x </script> & \\ (η)", "seed": 7}
GRID = np.linspace(-1.0, 1.0, 5)


def frame(k: int) -> View:
    """Return a view of which the points so far, a line that turns, and a colour move with k."""
    y = [value if index <= k else None for index, value in enumerate((X**-0.5).tolist())]
    law = Series(X, 0.9 * X**-0.5, "law", "theory")
    points = Series(X, y, "runs", "measured", "local_gd:H=10")
    plane = (
        Field(GRID, GRID, np.outer(GRID, GRID) + 0.1 * k, "contours", levels=4),
        Cloud([1.0, -1.0], [1.0, 0.5], [1, -1], [0, 1]),
        Separator([1.0, 0.2 * k], label="now", method_key="local_gd"),
    )
    caption = "A setting with H = 10." if k < 9 else "A setting with H = 10 and a longer caption at the end."
    panels = (
        Panel((points, law), "rounds r", "chord", "log", "log"),
        Panel(plane, "$x_1$", "$x_2$", xlim=(-2, 2), ylim=(-2, 2)),
    )
    return View("The chord falls like r^(−1/2)", caption, panels)


MOMENTS = (0, 5, 10)
FILM = Animation([frame(k) for k in MOMENTS], [f"r = {X[k]:.0f}" for k in MOMENTS], 0.2)


@pytest.fixture(scope="module", autouse=True)
def small():
    """Pictures need not be as sharp here as on paper or on a wall."""
    with pytest.MonkeyPatch.context() as patch:
        for form in WIDTHS:
            patch.setitem(WIDTHS, form, 300)
        patch.setattr("figures.contact_sheet.DPI", 40)
        yield


@pytest.fixture(scope="module")
def drawn():
    return list(draw_frames(FILM, "icml", 300))


@pytest.fixture(scope="module")
def gif(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gif")
    return save_animation(FILM, folder, "film", SIDECAR, ("gif", "html"), venue="icml")


def test_all_frames_have_one_size_that_films_can_have(drawn):
    (shape,) = {frame.shape for frame in drawn}
    assert shape[1] == 300 and shape[0] % 2 == 0 and shape[2] == 3


def test_frames_differ_where_something_moves_and_only_there(drawn):
    changed = [np.abs(a.astype(int) - b).max(axis=2) > 60 for a, b in itertools.pairwise(drawn)]
    assert all(c.any() for c in changed)
    # Columns left of both axes' numbers hold the names of y: they stand still in all frames.
    height = drawn[0].shape[0]
    middle = slice(height // 3, height // 2)
    assert not any(c[middle, :12].any() for c in changed)


def test_a_frame_is_the_figure_that_its_view_would_be(drawn):
    """Drawn after other frames or first of all, a frame shows the same: nothing of the others is left."""
    views = on_common_limits(FILM.frames)
    again = Animation(views[::-1], FILM.labels[::-1], 0.2)
    backwards = list(draw_frames(again, "icml", 300))[::-1]
    bar = [int(0.3 * f.shape[0]) for f in drawn]
    for there, back, top in zip(drawn, backwards, bar, strict=True):
        assert (there[top:] == back[top:]).mean() > 0.995


def test_a_gif_has_every_frame_its_time_and_a_pause_at_the_end(gif):
    with Image.open(gif[0]) as film:
        assert film.n_frames == len(MOMENTS) and film.info["loop"] == 0
        assert film.size[0] == WIDTHS["gif"]
        lasting = []
        for k in range(film.n_frames):
            film.seek(k)
            lasting.append(film.info["duration"])
    assert lasting == [200] * 2 + [200 + 1000 * PAUSE]


def test_the_paper_of_a_gif_is_white(gif):
    with Image.open(gif[0]) as film:
        assert film.convert("RGB").getpixel((film.size[0] - 2, 3)) == (255, 255, 255)


def test_the_same_animation_has_the_same_bytes(gif, tmp_path):
    again = save_animation(
        FILM, tmp_path, "film", dict(reversed(SIDECAR.items())), ("gif", "html"), venue="icml"
    )
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in gif]
    assert [path.name for path in again] == ["film.gif", "film.html", "film.animation.json"]


def test_every_file_of_an_animation_carries_its_sidecar(gif):
    assert [read_sidecar(path) for path in gif] == [SIDECAR] * 3


def test_the_page_needs_nothing_from_elsewhere(gif):
    text = gif[1].read_text(encoding="utf-8")
    addresses = [a for a in re.findall(r"https?://[^\s\"'<>)]+", text) if "www.w3.org" not in a]
    assert addresses == []
    assert not re.search(r"<(script|img|link)[^>]*\b(src|href)=\"(?!data:)", text)
    assert text.count("<script") == text.count("</script>") == 3


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_a_film_lasts_as_long_as_its_frames_and_carries_its_sidecar(tmp_path):
    import subprocess

    paths = save_animation(FILM, tmp_path, "film", SIDECAR, ("mp4",), venue="icml")
    assert [path.name for path in paths] == ["film.mp4", "film.animation.json"]
    assert read_sidecar(paths[0]) == SIDECAR
    told = subprocess.run(
        ["ffmpeg", "-hide_banner", "-i", paths[0]], capture_output=True, text=True, check=False
    )
    length = re.search(r"Duration: 00:00:([0-9.]+)", told.stderr)
    assert length and float(length[1]) == pytest.approx(len(MOMENTS) * FILM.seconds + PAUSE, abs=0.1)
    assert "h264" in told.stderr and f"{WIDTHS['mp4']}x" in told.stderr


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_an_interrupted_film_leaves_nothing(tmp_path):
    def interrupt(form: str, done: int, count: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_animation(FILM, tmp_path / "out", "film", SIDECAR, ("mp4",), venue="icml", watch=interrupt)
    assert list(tmp_path.iterdir()) == []


def fake_program(folder: Path, name: str, code: str) -> None:
    """Put a program of this name, written in Python, into a folder."""
    folder.mkdir(exist_ok=True)
    script = folder / name
    script.write_text(f"#!{sys.executable}\n{code}")
    script.chmod(0o755)


def test_a_failing_ffmpeg_is_quoted(tmp_path, monkeypatch):
    fake_program(
        tmp_path / "bin", "ffmpeg", "import sys; print('no such codec', file=sys.stderr); sys.exit(3)"
    )
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(BadInput, match="ffmpeg ended with 3: no such codec; ask for gif or html"):
        save_animation(FILM, tmp_path / "out", "film", SIDECAR, ("mp4",), venue="icml")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("form", "program"), [("mp4", "ffmpeg"), ("pgf", "xelatex")])
def test_a_missing_program_is_named_before_any_work(form, program, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("figures.frames.draw_frames", None)
    monkeypatch.setattr("paper_repro.report.plates.Maker.make", None)
    assert main(["figures", "separators", "--out", str(tmp_path / "out"), "--format", "png", form]) == 2
    said = capsys.readouterr().err
    assert program in said and "install" in said and "PATH" in said
    assert not (tmp_path / "out").exists()
    with pytest.raises(BadInput, match=program):
        if form == "mp4":
            save_animation(FILM, tmp_path, "x", {}, (form,))
        save(frame(3), tmp_path, "x", {}, (form,))
    assert list(tmp_path.iterdir()) == []


# What Matplotlib asks of TeX: a prompt after every line, and the size of a box when a text is typed out.
TEX = r"""
import re, sys
lines = iter(sys.stdin.readline, "")
for line in lines:
    if "pgf_backend_query_start" in line:
        print("*pgf_backend_query_start"); print("*", end="", flush=True)
    elif "@@end" in line:
        sys.exit(0)
    elif r"\typeout" in line:
        print(f"{4.5 * min(len(line) - 150, 80):.1f}pt,6.0pt,2.0pt"); print("\n*", end="", flush=True)
"""


def test_pgf_keeps_words_as_words_and_carries_its_sidecar(tmp_path, monkeypatch):
    fake_program(tmp_path / "bin", "xelatex", TEX)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    view = View("R&D of r_0", "50 % of #1, local_steps = 3.", frame(3).panels[:1])
    (path, _) = save(view, tmp_path / "out", "fig", SIDECAR, ("pgf",), venue="thesis")
    text = path.read_text(encoding="utf-8")
    assert read_sidecar(path) == SIDECAR
    assert r"\begin{pgfpicture}" in text and "rounds r" in text and r"R\&{}D" in text and r"\#{}1" in text
    assert r"$_{\mathbf{0}}$" in text and "local_steps" in text


@pytest.mark.parametrize(("text", "tex"), [("a & b", r"a \&{} b"), ("$a & b$ #", r"$a & b$ \#{}")])
def test_tex_finds_nothing_to_obey_but_formulas(text, tex):
    assert escaped(text) == tex


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["rounds", "--format", "gif"], "rounds: does not move.*separators.*valley-fan"),
        (["soudry2018/residual-limit", "--format", "html"], "does not move"),
        (["--format", "gif", "separators"], "unknown.*names of figures come before --format"),
        (["--format", "jpeg"], r"jpeg.*unknown; use some of png"),
        (["separators", "--venue", "thesis", "--jobs", "0"], "--jobs 0"),
    ],
)
def test_the_command_refuses_before_any_work(asked, said, tmp_path, capsys):
    assert main(["figures", *asked, "--out", str(tmp_path / "out")]) == 2
    assert re.search(said, capsys.readouterr().err)
    assert not (tmp_path / "out").exists()


def test_the_list_says_what_moves(capsys):
    assert main(["figures", "--list"]) == 0
    moving = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.endswith("(moves)")}
    assert {"separators", "valley-fan", "fixed-points", "direction"} <= moving and "methods" not in moving


@pytest.mark.parametrize(
    ("formats", "name"), [(("png",), "film"), ((), "film"), (("gif",), "../film"), (("gif", "jpeg"), "film")]
)
def test_nothing_is_written_on_bad_input(formats, name, tmp_path):
    with pytest.raises(BadInput):
        save_animation(FILM, tmp_path / "out", name, SIDECAR, formats)
    assert list(tmp_path.iterdir()) == []


def test_a_thesis_is_wider_than_a_column_and_narrower_than_a_page():
    thesis = VENUES["thesis"]
    assert VENUES["icml"].width < thesis.width < VENUES["page"].width
    plain = View("t", "c", (Panel((Series(X, X),)),))
    assert render_figure(plain, "thesis").get_size_inches()[0] == thesis.width
    assert thesis.serif and thesis.font_size >= VENUES["neurips"].font_size


def test_pictures_fill_in_from_left_to_right_over_theory_that_stands():
    whole = frame(len(X) - 1)
    film = filled_in(whole, "{:.0f}".format, frames=6)
    first, last = film.frames[0], film.frames[-1]
    assert last == whole and film.labels[-1] == "1000"
    shown = [sum(v is not None for v in view.panels[0].marks[0].y) for view in film.frames]
    assert shown[0] == 1 and all(a < b for a, b in itertools.pairwise(shown))
    assert all(view.panels[0].marks[1] == whole.panels[0].marks[1] for view in film.frames)
    assert first.panels[0].marks[0].x == last.panels[0].marks[0].x
    with pytest.raises(BadInput, match="fill in"):
        filled_in(View("t", "c", (Panel((Series(X, X, role="theory"),)),)), str)


@pytest.mark.parametrize(
    ("plain", "set_"),
    [
        ("d_min/(4L)", r"d$_{\mathrm{min}}$/(4L)"),
        ("10^100", r"10$^{\mathrm{100}}$"),
        ("r^(−κ)", r"r$^{\mathrm{−κ}}$"),
        ("t^(−min(1 − a, a/2))", r"t$^{\mathrm{−min(1\ −\ a,\ a/2)}}$"),
        ("D_{m(i)}⁻¹x_i", r"D$_{\mathrm{m(i)}}$⁻¹x$_{\mathrm{i}}$"),
        ("γ_⊥² η^¼", r"γ$_{\mathrm{⊥}}$² η$^{\mathrm{1/4}}$"),
        ("local_steps = 3, log_scale", "local_steps = 3, log_scale"),
        ("max_margin $T_H$ x̂_i", r"max_margin $T_H$ x̂$_{\mathrm{i}}$"),
        ("|-0.3 η|, a-1, 3-5", "|−0.3 η|, a-1, 3-5"),
        ("5 $ and x_1", "5 $ and x_1"),
    ],
)
def test_indices_and_powers_are_set_and_names_are_not(plain, set_):
    assert typeset(plain) == set_


def test_a_contact_sheet_shows_every_figure_with_name_and_title(tmp_path, monkeypatch):
    monkeypatch.setattr("figures.contact_sheet.ROWS", 1)
    count = COLUMNS + 1
    for k in range(count):
        picture = Image.new("RGB", (60, 40), (k, 90, 200))
        remark = PngInfo()
        remark.add_itxt("Title", f"Finding {k} of d_min & more")
        picture.save(tmp_path / f"fig-{k:02d}.png", pnginfo=remark)
    Image.new("RGB", (9, 9)).save(tmp_path / "foreign.png")
    (tmp_path / "fig-00.gif").write_bytes(b"")
    files = contact_sheet(tmp_path)
    assert [path.name for path in files] == [
        "contact-sheet.pdf", "contact-sheet-1.png", "contact-sheet-2.png", "contact-sheet.html",
    ]  # fmt: skip
    page = files[-1].read_text(encoding="utf-8")
    assert page.count('<img src="data:image/png;base64,') == page.count("<h2>") == count
    assert "Finding 3 of d<sub>min</sub> &amp; more" in page and "foreign" not in page
    assert 'href="fig-00.gif"' in page and 'href="fig-01.gif"' not in page
    before = [path.read_bytes() for path in files]
    (tmp_path / "contact-sheet-9.png").write_bytes(before[1])  # of a longer sheet
    assert [path.read_bytes() for path in contact_sheet(tmp_path)] == before
    assert not (tmp_path / "contact-sheet-9.png").exists()


def test_a_contact_sheet_of_nothing_says_what_to_do(tmp_path):
    with pytest.raises(BadInput, match="holds no drawn PNG.*draw some first"):
        contact_sheet(tmp_path)
