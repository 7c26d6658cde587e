"""Animations as files: GIF by Pillow, MP4 by ffmpeg, and a page of our own; whole or absent, the same bytes again."""

import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from figures.animation import Animation
from figures.formats import check_formats, MOVING, require_program
from figures.frames import draw_frames
from figures.provenance import sidecar_text, with_remark
from figures.save import check_name, write_all
from figures.style import venue_named
from implicitbias.errors import BadInput


Frames = Iterator[UInt8[np.ndarray, "height width 3"]]
Watch = Callable[[str, int, int], None]

SUFFIX = (
    "animation"  # <name>.animation.json: where an animation comes from, beside the sidecar of what stands
)
WIDTHS = {"gif": 800, "mp4": 1600}  # pixels: a GIF is for a page or a message, a film for a projector
PAUSE = 2.0  # seconds that the last frame stands, before the first one comes again
COLOURS = 255  # of a GIF, the same in all frames, so that nothing flickers
SAMPLED = 8  # frames from which these are taken
NEARLY_WHITE = 246  # of 255: Pillow looks colours up coarsely, and paper is white, not nearly so
RATE = 25  # frames a second of a film: what every player can play


def save_animation(
    animation: Animation,
    folder: str | Path,
    name: str,
    sidecar: Mapping[str, Any],
    formats: Sequence[str] = ("gif", "html"),
    *,
    venue: str = "page",
    watch: Watch | None = None,
) -> list[Path]:
    """Write ``<folder>/<name>`` in every format and ``<name>.animation.json``, and return their paths.

    Parameters
    ----------
    animation : Animation
        What moves.
    folder, name, sidecar
        As in :func:`figures.save`.
    formats : sequence of {"gif", "html", "mp4"}
        GIF loops; HTML plays offline, with a slider; MP4 needs ``ffmpeg`` on the PATH.
    venue : str
        Proportions and type of GIF and MP4, see :func:`figures.render_figure`; HTML follows its window.
    watch : callable, optional
        Called with (format, frames drawn, frames in all).

    Raises
    ------
    BadInput
        Before anything is drawn: a name with other characters, an unknown format or venue, a missing program, a
        sidecar that is not data. If ffmpeg fails, with its own words.
    """
    check_name(name)
    venue_named(venue)
    wanted, text = check_formats(formats, MOVING), sidecar_text(sidecar)
    contents = {form: _bytes(animation, form, text, venue, watch) for form in wanted}
    return write_all(Path(folder), name, {**contents, f"{SUFFIX}.json": (text + "\n").encode()})


def _bytes(animation: Animation, form: str, text: str, venue: str, watch: Watch | None) -> bytes:
    """Return the file of one format, with ``text`` in it."""
    if form == "html":
        from figures.web.page import animate_html

        return with_remark(form, animate_html(animation), text)
    frames = _watched(draw_frames(animation, venue, WIDTHS[form]), form, len(animation.frames), watch)
    title = animation.frames[0].title
    return (
        gif_bytes(frames, animation.seconds, text)
        if form == "gif"
        else mp4_bytes(frames, animation.seconds, title, text)
    )


def _watched(frames: Frames, form: str, count: int, watch: Watch | None) -> Frames:
    """Pass frames on, and say how many there have been."""
    for done, frame in enumerate(frames, start=1):
        yield frame
        if watch is not None:
            watch(form, done, count)


def gif_bytes(frames: Frames, seconds: float, text: str) -> bytes:
    """Return a GIF that loops, each frame ``seconds`` long and the last one longer, with ``text`` as its comment."""
    from PIL import Image

    drawn = [Image.fromarray(frame) for frame in frames]
    palette = _palette(drawn)
    first, *rest = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in drawn]
    lasting = [_hundredths(seconds)] * len(rest) + [_hundredths(seconds + PAUSE)]
    stream = BytesIO()
    first.save(
        stream, "GIF", save_all=True, append_images=rest, duration=lasting, loop=0, comment=text.encode(),
        optimize=False,
    )  # fmt: skip
    return stream.getvalue()


def _hundredths(seconds: float) -> int:
    """Return milliseconds, in the hundredths of a second that a GIF counts, two of them at least."""
    return max(10 * round(100 * seconds), 20)


def _palette(images: Sequence[Any]) -> Any:
    """Return the colours of a few frames, spread over all, side by side on one strip."""
    from PIL import Image

    chosen = [
        images[k] for k in sorted({round(k) for k in np.linspace(0, len(images) - 1, SAMPLED).tolist()})
    ]
    strip = Image.new("RGB", (chosen[0].width, sum(image.height for image in chosen)))
    for k, image in enumerate(chosen):
        strip.paste(image, (0, k * image.height))
    palette = strip.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    entries = np.array(palette.getpalette()).reshape(-1, 3)
    entries[(entries >= NEARLY_WHITE).all(axis=1)] = 255
    palette.putpalette(entries.ravel().tolist())
    return palette


def mp4_bytes(frames: Frames, seconds: float, title: str, text: str) -> bytes:
    """Return a film that any browser plays (H.264), with ``text`` as its comment.

    Raises
    ------
    BadInput
        If there is no ffmpeg, or it fails.
    """
    program = require_program("mp4")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "film.mp4"
        first = next(frames)
        _encode([program, *_options(first, seconds, title, text), str(target)], first, frames, seconds)
        return target.read_bytes()


def _options(first: UInt8[np.ndarray, "height width 3"], seconds: float, title: str, text: str) -> list[str]:
    """Return what ffmpeg is told: raw pixels in, an H.264 film out, no clock and no name of a machine in it."""
    height, width, _ = first.shape
    given = f"-f rawvideo -pix_fmt rgb24 -s {width}x{height} -framerate {1 / seconds:.9g} -i -"
    made = f"-an -c:v libx264 -crf 18 -pix_fmt yuv420p -r {RATE} -threads 1 -movflags +faststart"
    plain = "-map_metadata -1 -fflags +bitexact -flags:v +bitexact"
    remarks = ["-metadata", f"title={title}", "-metadata", f"comment={text}"]
    return ["-hide_banner", "-loglevel", "error", "-y", *f"{given} {made} {plain}".split(), *remarks]


def _encode(
    command: list[str], first: UInt8[np.ndarray, "height width 3"], frames: Frames, seconds: float
) -> None:
    """Pour the frames into ffmpeg; the last one stands for the pause. Whatever happens, ffmpeg does not outlive us."""
    with tempfile.TemporaryFile() as complaints:
        pipe = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints)
        try:
            assert pipe.stdin is not None
            last = first
            pipe.stdin.write(first.tobytes())
            for last in frames:
                pipe.stdin.write(last.tobytes())
            for _ in range(round(PAUSE / seconds)):
                pipe.stdin.write(last.tobytes())
            pipe.stdin.close()
        except BrokenPipeError:
            pass  # ffmpeg has given up, and says below why
        finally:
            code = _ended(pipe)
        complaints.seek(0)
        if code:
            said = complaints.read().decode(errors="replace").strip().splitlines() or ["no word"]
            raise BadInput(f"format mp4: ffmpeg ended with {code}: {said[-1]}; ask for gif or html instead")


def _ended(pipe: "subprocess.Popen[bytes]") -> int:
    """Return the exit code of ffmpeg, which is ended if its input was never closed."""
    if pipe.stdin is not None and not pipe.stdin.closed:
        pipe.kill()
        pipe.stdin.close()
    return pipe.wait()
