"""The source of compiled rounds: drift, noise factors and law as straight lines inside four loops.

A step of worker m, at its step s of life, is

    v ← β v + p_s a(θ) + q_s B(θ) ξ,   θ ← θ + v

with rates p and q that say what it is: p = −η, q = −η/√B_loc, a = ∇L is Local SGD, and M = 1 worker with p = Δ,
q = √Δ is Euler–Maruyama. Where steps are scaled D^{−1}(p a + q B ξ) is added. Every name that stands for a number of a
step is a register of sixteen replicas.
"""

from collections.abc import Collection, Sequence

from implicitbias.engine.kernels.packing import RUNS
from sde.kernels.motion import Motion
from sde.kernels.printing import straight_lines
from sde.kernels.readings import BITWISE, CHUNK, TWO_VALUES
from sde.kernels.template import TEMPLATE


def write_source(motion: Motion, momentum: bool, scaled: bool = False) -> str:
    """Return the module that moves replicas along the motion, with heavy-ball velocities and a scaling D, or without.

    Raises
    ------
    NotCompiled
        Where an expression has no compiled form.
    """
    dim = motion.dim
    rows = motion.reading.rows * motion.channels if motion.reading else 0
    step = _stepped(motion, momentum, scaled)
    numbers = {
        "operations": sum(map(_operations, step)),
        "runs": RUNS,
        "room": rows * RUNS,
        "base": 2 * dim * RUNS,
        "model": dim * RUNS,
    }
    registers = _registers(dim, momentum)
    lines = {
        "scaling": [f"scale{i} = splat(number(pointer(rule.inverse, 0), {i}))" for i in range(dim) if scaled],
        "begin": [f"{name} = load(bases, {row})" for name, row in registers],
        "fill": _filled(motion),
        "step": step,
        "end": [f"store(own, {row}, {name})" for name, row in registers],
        "first": [f"{name} = load(models, {row})" for name, row in registers],
        "add": [f"{name} = {name} + load(own, {row})" for name, row in registers],
        "divide": [f"{name} = {name} / count" for name, _ in registers],
        "safe": [f"safe = both(safe, at_most(absolute(t{i}), limit))" for i in range(dim)],
        "keep": [f"store(bases, {row}, {name})" for name, row in registers],
        "trail": [f"store(row, {i}, t{i})" for i in range(dim)],
    }
    return _filled_in(TEMPLATE, lines).format(**numbers)


def _filled_in(template: str, blocks: dict[str, list[str]]) -> str:
    """Replace every line ``<name>`` of the template by the lines of that name, as far to the right."""
    text: list[str] = []
    for line in template.splitlines():
        name = line.strip().strip("<>")
        indent = line[: len(line) - len(line.lstrip())]
        text += [indent + inner for inner in blocks[name]] if line.strip() == f"<{name}>" else [line]
    return "\n".join(text) + "\n"


def _operations(line: str) -> int:
    """Return about how many operations a line has: each is a call or a bracket, or stands alone."""
    return max(1, line.count("(") - line.count("splat("))


def _registers(dim: int, momentum: bool) -> list[tuple[str, int]]:
    """Return the names of a model's registers, and of its velocity's behind them, with their rows."""
    rows = [(f"t{i}", i) for i in range(dim)]
    return rows + [(f"v{i}", dim + i) for i in range(dim)] if momentum else rows


def _filled(motion: Motion) -> Sequence[str]:
    """Return the lines that see to the noise of the next ``count`` steps."""
    reading, channels = motion.reading, motion.channels
    if reading is None:
        return ["count = left"]
    lines = [
        f"count = min(left, {reading.piece} - step % {reading.piece})",
        f"if filled[m] != step // {reading.held}:",
        f"    filled[m] = step // {reading.held}",
        f"    {reading.fill}(rule.keys, replicas, address, step, {channels}, noise)",
    ]
    if reading is BITWISE:
        word = f"step % {reading.held} // {reading.piece}"
        for c in range(channels):
            lines.append(
                f"w{c} = shifted(load_words(noise, {reading.rows * c} + {word}), step % {reading.piece})"
            )
    return lines


def _drawn(motion: Motion) -> list[str]:
    """Return the lines that read the noise of a step."""
    channels = range(motion.channels)
    if motion.reading is BITWISE:
        return [f"z{c} = signs(w{c})" for c in channels] + [f"w{c} = shifted(w{c}, 1)" for c in channels]
    lines = [f"row = (step + i) % {CHUNK} * {motion.channels}"]
    lines += [f"z{c} = load(noise, row + {c})" for c in channels]
    if motion.reading is TWO_VALUES:
        lines += [f"z{c} = choose(less(z{c}, share), rare, common)" for c in channels]
    return lines


def _stepped(motion: Motion, momentum: bool, scaled: bool) -> list[str]:
    """Return the lines of one step."""
    import sympy

    noises = [sympy.Dummy(f"z{c}", real=True) for c in range(motion.channels)]
    names = {theta: f"t{i}" for i, theta in enumerate(motion.variables)}
    names |= {xi: f"z{c}" for c, xi in enumerate(noises)}
    moves = {f"a{i}": a for i, a in enumerate(motion.drift)}
    for i, row in enumerate(motion.factors if noises else ()):
        moves[f"b{i}"] = sympy.Add(*(b * xi for b, xi in zip(row, noises, strict=True)))
    moves = {name: move for name, move in moves.items() if move != 0}
    lines = (_drawn(motion) if noises else []) + straight_lines(moves, names)
    for i in range(motion.dim):
        kept = f"beta * v{i}" if momentum else f"t{i}"
        moved = _scaled_move(i, kept, moves) if scaled else _move(i, kept, moves)
        lines.append(f"{'v' if momentum else 't'}{i} = {moved}")
    return lines + [f"t{i} = t{i} + v{i}" for i in range(motion.dim) if momentum]


def _move(i: int, kept: str, moves: Collection[str]) -> str:
    """Return kept + p a_i + q b_i of those that do not vanish."""
    moved = f"fma(q, b{i}, {kept})" if f"b{i}" in moves else kept
    return f"fma(p, a{i}, {moved})" if f"a{i}" in moves else moved


def _scaled_move(i: int, kept: str, moves: Collection[str]) -> str:
    """Return kept + (p a_i + q b_i)/D_i, kept itself to the bit where nothing moves it."""
    if f"b{i}" not in moves:
        return f"fma(scale{i}, p * a{i}, {kept})" if f"a{i}" in moves else kept
    moved = f"fma(p, a{i}, q * b{i})" if f"a{i}" in moves else f"q * b{i}"
    return f"fma(scale{i}, {moved}, {kept})"
