"""Peers in JAX, in doubles, compiled: rounds and steps are loops of the program, runs a batch axis.

Each form is written in several ways, for the compiler treats them differently; the fastest one counts. ``vmap`` maps
the program of one run over the batch; ``runs last`` keeps the batch innermost in memory, the products explicit sums
where they are short.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.setting import Setting


# Products of at most this many terms are written out: a call of a matrix product would cost more.
SHORT = 8


def contestants(setting: Setting) -> dict[str, Callable[[int], np.ndarray]]:
    """Return functions of the number of rounds that run the whole batch; empty without JAX."""
    try:
        import jax
    except ImportError:
        return {}
    jax.config.update("jax_enable_x64", True)
    starts = jax.numpy.asarray(setting.starts)
    programs = {
        "JAX weights, vmap": jax.jit(jax.vmap(_weights(jax, setting), (0, None))),
        "JAX weights, runs last": _last(jax, _weights_last(jax, setting)),
        "JAX Gram, vmap": jax.jit(jax.vmap(_gram(jax, setting), (0, None))),
        "JAX Gram, runs last": _last(jax, _gram_last(jax, setting)),
    }
    return {name: _timed(program, starts) for name, program in programs.items()}


def _timed(program: Callable, starts: Any) -> Callable[[int], np.ndarray]:
    return lambda rounds: np.asarray(program(starts, rounds).block_until_ready())


def _last(jax: Any, program: Callable) -> Callable:
    return jax.jit(lambda w, rounds: program(w.T, rounds).T)


def _weights(jax: Any, setting: Setting) -> Callable:
    """Return the program of one run on weights: two products with the rows of a worker in each step."""
    jnp, (rows, rate, repeat) = jax.numpy, _parts(jax, setting)

    def step(v: Any) -> Any:
        slopes = jnp.exp(-jnp.einsum("mnd,md->mn", rows, v))
        return v + rate * jnp.einsum("mnd,mn->md", rows, slopes)

    def round_of(w: Any) -> Any:
        return repeat(setting.local_steps, step, jnp.broadcast_to(w, (setting.workers, setting.dim))).mean(0)

    return lambda w, rounds: repeat(rounds, round_of, w)


def _weights_last(jax: Any, setting: Setting) -> Callable:
    """Return the same for all runs, with the batch as the last axis."""
    jnp, (rows, rate, repeat) = jax.numpy, _parts(jax, setting)

    def step(v: Any) -> Any:
        if setting.dim > SHORT:
            slopes = jnp.exp(-jnp.einsum("mnd,mdb->mnb", rows, v))
            return v + rate * jnp.einsum("mnd,mnb->mdb", rows, slopes)
        margins = sum(rows[:, :, k, None] * v[:, k, None] for k in range(setting.dim))
        slopes = rate * jnp.exp(-margins)
        return v + jnp.stack([(rows[:, :, k, None] * slopes).sum(1) for k in range(setting.dim)], 1)

    def round_of(w: Any) -> Any:
        return repeat(setting.local_steps, step, jnp.broadcast_to(w, (setting.workers, *w.shape))).mean(0)

    return lambda w, rounds: repeat(rounds, round_of, w)


def _gram(jax: Any, setting: Setting) -> Callable:
    """Return the program of one run on margins: a step is a product with the worker's block of the Gram matrix."""
    jnp, (_, rate, repeat) = jax.numpy, _parts(jax, setting)
    gram, blocks, rows = (jnp.asarray(a) for a in (setting.gram, setting.blocks, setting.rows))
    shape = (setting.workers, -1)

    def step(state: Any) -> Any:
        z, c = state
        g = rate * jnp.exp(-z)
        return z + jnp.einsum("mij,mj->mi", blocks, g), c + g

    def program(w: Any, rounds: int) -> Any:
        first = rows @ w

        def round_of(c: Any) -> Any:
            z = (first + gram @ c).reshape(shape)
            return c + repeat(setting.local_steps, step, (z, jnp.zeros_like(z)))[1].ravel() / setting.workers

        return w + rows.T @ repeat(rounds, round_of, jnp.zeros(setting.samples))

    return program


def _gram_last(jax: Any, setting: Setting) -> Callable:
    """Return the same for all runs, with the batch as the last axis."""
    jnp, (_, rate, repeat) = jax.numpy, _parts(jax, setting)
    gram, blocks, rows = (jnp.asarray(a) for a in (setting.gram, setting.blocks, setting.rows))
    local, shape = setting.samples // setting.workers, (setting.workers, -1, setting.runs)

    def step(state: Any) -> Any:
        z, c = state
        g = rate * jnp.exp(-z)
        if local > SHORT:
            return z + jnp.einsum("mij,mjb->mib", blocks, g), c + g
        return z + sum(blocks[:, :, j, None] * g[:, j, None] for j in range(local)), c + g

    def program(w: Any, rounds: int) -> Any:
        first = rows @ w

        def round_of(c: Any) -> Any:
            z = (first + gram @ c).reshape(shape)
            sums = repeat(setting.local_steps, step, (z, jnp.zeros_like(z)))[1]
            return c + sums.reshape(setting.samples, -1) / setting.workers

        return w + rows.T @ repeat(rounds, round_of, jnp.zeros((setting.samples, setting.runs)))

    return program


def _parts(jax: Any, setting: Setting) -> tuple[Any, float, Callable]:
    """Return rows (worker, sample, dim), η/n_m, and repetition of a function as a loop of the program."""
    rows = jax.numpy.asarray(setting.rows.reshape(setting.workers, -1, setting.dim))

    def repeat(times: int, function: Callable, value: Any) -> Any:
        return jax.lax.fori_loop(0, times, lambda _, v: function(v), value)

    return rows, setting.lr / rows.shape[1], repeat
