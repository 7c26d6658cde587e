"""Peers on the valley, all replicas and workers at once: NumPy with normals and with bits, JAX as scans.

Each is written in several ways; the fastest counts. Blocks of replicas keep NumPy's arrays in the nearest cache.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.landscape_setting import ValleySetting


# Replicas at a time whose arrays (8 workers, some six of them) stay in a cache of half a megabyte.
BLOCK = 512
# Rounds of one call of a compiled scan; contestants are timed over multiples of it.
JAX_ROUNDS = 10
Work = Callable[[int], np.ndarray]


def numpy_contestants(setting: ValleySetting) -> dict[str, Work]:
    """Return Local SGD in whole arrays, and in blocks of replicas."""
    return {
        "NumPy, Gaussian": _numpy(setting, _normal_noise, setting.replicas),
        "NumPy, Gaussian, in blocks": _numpy(setting, _normal_noise, BLOCK),
        "NumPy, two-point": _numpy(setting, _bit_noise, setting.replicas),
        "NumPy, two-point, in blocks": _numpy(setting, _bit_noise, BLOCK),
    }


def _numpy(setting: ValleySetting, noise: Callable, block: int) -> Work:
    rng, blocks = np.random.Generator(np.random.SFC64(0)), range(0, setting.replicas, block)
    shape = (setting.workers, min(block, setting.replicas))
    room = [np.empty(shape) for _ in range(4)]

    def work(rounds: int) -> np.ndarray:
        ends = setting.start.copy()
        for low in blocks:
            own = ends[low : low + block]
            for _ in range(rounds):
                own[:] = _round(setting, own, noise(rng, setting, shape), room)
        return ends

    return work


def _round(
    setting: ValleySetting, start: np.ndarray, noise: np.ndarray, room: list[np.ndarray]
) -> np.ndarray:
    """Return the replicas after a round; every array is used again."""
    x, y, h, pull = room
    x[:], y[:] = start[:, 0], start[:, 1]
    for z in noise:
        np.exp(x, out=h) if setting.exponential else np.multiply(x, x, out=h)
        # η∇L = (½η h′y², ηhy), with h′ = h or 2x.
        np.multiply(y, y, out=pull)
        pull *= setting.lr * (0.5 if setting.exponential else 1.0)
        pull *= h if setting.exponential else x
        x -= pull
        if not setting.exponential:
            h += 1.0
        h *= setting.lr
        h *= y
        y -= h
        y -= z
    return np.stack([x.mean(axis=0), y.mean(axis=0)], axis=1)


def _normal_noise(rng: np.random.Generator, setting: ValleySetting, shape: tuple[int, int]) -> np.ndarray:
    noise = rng.standard_normal((setting.local_steps, *shape))
    noise *= setting.lr
    return noise


def _bit_noise(rng: np.random.Generator, setting: ValleySetting, shape: tuple[int, int]) -> np.ndarray:
    count = setting.local_steps * shape[0] * shape[1]
    bits = np.unpackbits(np.frombuffer(rng.bytes(-(-count // 8)), np.uint8), count=count)
    noise = np.multiply(bits, 2.0 * setting.lr, dtype=np.float64)
    noise -= setting.lr
    return noise.reshape(setting.local_steps, *shape)


def jax_contestants(setting: ValleySetting) -> dict[str, Work]:
    """Return scans over rounds and local steps, with normals drawn by the step or by the round; empty without JAX."""
    try:
        import jax
    except ImportError:
        return {}
    jax.config.update("jax_enable_x64", True)
    return {
        f"JAX scan, {cipher}, normals by the {when}": _jax(jax, setting, cipher, when == "round")
        for cipher in ("threefry2x32", "unsafe_rbg")
        for when in ("step", "round")
    }


def _jax(jax: Any, setting: ValleySetting, cipher: str, whole_round: bool) -> Work:
    jnp, shape = jax.numpy, (setting.workers, setting.replicas)

    def step(model: Any, z: Any) -> tuple[Any, None]:
        x, y = model
        h, slope = (jnp.exp(x), jnp.exp(x)) if setting.exponential else (1.0 + x * x, 2.0 * x)
        return (x - setting.lr * 0.5 * slope * y * y, y - setting.lr * (h * y + z)), None

    def drawing_step(model: Any, key: Any) -> tuple[Any, None]:
        return step(model, jax.random.normal(key, shape, dtype=jnp.float64))

    def round_of(start: Any, key: Any) -> tuple[Any, None]:
        model = tuple(jnp.broadcast_to(start[i], shape) for i in range(2))
        if whole_round:
            noise = jax.random.normal(key, (setting.local_steps, *shape), dtype=jnp.float64)
            model, _ = jax.lax.scan(step, model, noise)
        else:
            model, _ = jax.lax.scan(drawing_step, model, jax.random.split(key, setting.local_steps))
        return jnp.stack([part.mean(axis=0) for part in model]), None

    @jax.jit
    def rounds_of(start: Any, keys: Any) -> Any:
        return jax.lax.scan(round_of, start, keys)[0]

    start = jnp.asarray(setting.start.T)

    def work(rounds: int) -> np.ndarray:
        # A scan is compiled for its length: ten rounds at a time keep one program.
        ends, key = start, jax.random.key(0, impl=cipher)
        for _ in range(-(-rounds // JAX_ROUNDS)):
            key, own = jax.random.split(key)
            ends = rounds_of(ends, jax.random.split(own, JAX_ROUNDS))
        return np.asarray(ends.block_until_ready()).T

    return work
