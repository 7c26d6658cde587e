"""Peers that integrate an SDE: NumPy, diffrax, torchsde, sdeint; batched, compiled and warm where they can be."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.sde_setting import PathSetting


# sdeint takes one path after the other: a few are enough to time it.
FEW_PATHS = 10
ABSENT = {
    "diffrax": "not installed; make bench installs it",
    "torchsde": "not installed; it needs a CPU build of PyTorch",
    "sdeint": "not installed; make bench installs it",
}


@dataclass(frozen=True)
class Contestant:
    """Work of an amount is so many integrations of ``paths`` paths; it returns their ends."""

    paths: int
    work: Callable[[int], Any]


def contestants(setting: PathSetting) -> tuple[dict[str, Contestant], dict[str, str]]:
    """Return those that are installed, and why the others are not here."""
    found, absent = {"NumPy": Contestant(setting.paths, _numpy(setting))}, {}
    for package, build in (("diffrax", _diffrax), ("torchsde", _torchsde), ("sdeint", _sdeint)):
        if find_spec(package):
            found |= build(setting)
        else:
            absent[package] = ABSENT[package]
    return found, absent


def _numpy(setting: PathSetting) -> Callable[[int], np.ndarray]:
    rng, root = np.random.Generator(np.random.SFC64(0)), setting.dt**0.5

    def work(amount: int) -> np.ndarray:
        for _ in range(amount):
            x, y = setting.start.T.copy()
            for _ in range(setting.steps):
                w = rng.standard_normal((2, setting.paths))
                square = x * x
                move = (x - x * square - y) * setting.dt + (0.3 * root) * w[0]
                y = y + (x - y) * setting.dt + (0.2 * root) * np.sqrt(1.0 + square) * w[1]
                x = x + move
        return np.stack([x, y], axis=1)

    return work


def _diffrax(setting: PathSetting) -> dict[str, Contestant]:
    import diffrax
    import jax
    import jax.numpy as jnp
    import lineax

    jax.config.update("jax_enable_x64", True)
    end = setting.steps * setting.dt

    def drift(t: Any, point: Any, args: Any) -> Any:
        x, y = point
        return jnp.stack([x - x**3 - y, x - y])

    def diffusion(t: Any, point: Any, args: Any) -> Any:
        scale = jnp.stack([jnp.full_like(point[0], 0.3), 0.2 * jnp.sqrt(1.0 + point[0] ** 2)])
        return lineax.DiagonalLinearOperator(scale)

    def program(brownian: Any) -> Callable[[int], np.ndarray]:
        def path(key: Any, start: Any) -> Any:
            control = diffrax.ControlTerm(diffusion, brownian(key))
            terms = diffrax.MultiTerm(diffrax.ODETerm(drift), control)
            options = {"max_steps": setting.steps + 1, "adjoint": diffrax.DirectAdjoint()}
            options |= {"saveat": diffrax.SaveAt(t1=True), "throw": False}
            return diffrax.diffeqsolve(terms, diffrax.Euler(), 0.0, end, setting.dt, start, **options).ys[-1]

        paths = jax.jit(jax.vmap(path))
        start = jnp.asarray(setting.start)

        def work(amount: int) -> np.ndarray:
            for k in range(amount):
                ends = paths(jax.random.split(jax.random.key(k), setting.paths), start).block_until_ready()
            return np.asarray(ends)

        return work

    def unsafe(key: Any) -> Any:
        return diffrax.UnsafeBrownianPath(shape=(2,), key=key)

    def tree(key: Any) -> Any:
        return diffrax.VirtualBrownianTree(0.0, end, tol=setting.dt / 2, shape=(2,), key=key)

    return {
        "diffrax UnsafeBrownianPath": Contestant(setting.paths, program(unsafe)),
        "diffrax VirtualBrownianTree": Contestant(setting.paths, program(tree)),
    }


def _torchsde(setting: PathSetting) -> dict[str, Contestant]:
    import torch
    import torchsde

    class Equation(torch.nn.Module):
        noise_type, sde_type = "diagonal", "ito"

        def f(self, t: Any, point: Any) -> Any:
            x, y = point[:, 0], point[:, 1]
            return torch.stack([x - x**3 - y, x - y], dim=1)

        def g(self, t: Any, point: Any) -> Any:
            x = point[:, 0]
            return torch.stack([torch.full_like(x, 0.3), 0.2 * torch.sqrt(1.0 + x**2)], dim=1)

    torch.set_num_threads(1)
    start, ends = torch.tensor(setting.start), torch.tensor([0.0, setting.steps * setting.dt])

    def work(amount: int) -> np.ndarray:
        with torch.no_grad():
            for _ in range(amount):
                found = torchsde.sdeint(Equation(), start, ends, dt=setting.dt, method="euler")
        return found[-1].numpy()

    return {"torchsde": Contestant(setting.paths, work)}


def _sdeint(setting: PathSetting) -> dict[str, Contestant]:
    import sdeint

    times = np.arange(setting.steps + 1) * setting.dt
    rng = np.random.default_rng(0)

    def drift(point: np.ndarray, t: float) -> np.ndarray:
        x, y = point
        return np.array([x - x**3 - y, x - y])

    def diffusion(point: np.ndarray, t: float) -> np.ndarray:
        return np.array([[0.3, 0.0], [0.0, 0.2 * np.sqrt(1.0 + point[0] ** 2)]])

    def work(amount: int) -> np.ndarray:
        for _ in range(amount):
            ends = [
                sdeint.itoEuler(drift, diffusion, setting.start[0], times, generator=rng)[-1]
                for _ in range(FEW_PATHS)
            ]
        return np.array(ends)

    return {"sdeint": Contestant(FEW_PATHS, work)}
