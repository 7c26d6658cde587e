"""``module:object`` and ``file.py:object``: a simulator named on the command line."""

import importlib
import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from implicitbias import BadInput
from paper_repro.conformance.case import supported
from paper_repro.conformance.task import Simulator
from paper_repro.importing import explained, look_in


FORM = "must read MODULE:OBJECT or FILE.py:OBJECT, such as my_simulator:run"


def load_simulator(text: str) -> Simulator:
    """Return the simulator that a text names; modules are looked for in the current folder, too.

    A class is instantiated without arguments. ``object`` may be dotted.

    Raises
    ------
    BadInput
        If there is no such module or object, it cannot be imported, or it is nothing to call.
    """
    place, colon, name = text.rpartition(":")
    if not colon or not place or not name:
        raise BadInput(f"simulator = {text!r}: {FORM}")
    simulator = _instance(text, _found(text, _module(text, place), name))
    supported(simulator)
    return simulator


def _module(text: str, place: str) -> ModuleType:
    """Import a module by its name, or a file by its path."""
    with explained(f"simulator = {text!r}", place):
        if place.endswith(".py"):
            return _of_file(text, Path(place))
        look_in(Path.cwd())
        return importlib.import_module(place)


def _of_file(text: str, path: Path) -> ModuleType:
    path = path.resolve()
    if not path.is_file():
        raise BadInput(
            f"simulator = {text!r}: there is no file {path}; check the path, from the current folder"
        )
    look_in(path.parent)
    # A file may have the name of a module that is in use, such as queue.py; that one is left alone.
    name = path.stem if path.stem not in sys.modules else f"simulator_in_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadInput(f"simulator = {text!r}: {path} cannot be read as Python; {FORM}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _found(text: str, module: ModuleType, name: str) -> Any:
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            offered = [key for key, value in vars(module).items() if _offered(key, value, module)]
            known = f"it has {', '.join(offered)}" if offered else "it defines nothing to call"
            raise BadInput(f"simulator = {text!r}: {module.__name__} has no {name!r}; {known}")
        found = getattr(found, part)
    return found


def _offered(key: str, value: Any, module: ModuleType) -> bool:
    """Whether it looks like a simulator of this module, rather than something that it imports."""
    return not key.startswith("_") and callable(value) and getattr(value, "__module__", "") == module.__name__


def _instance(text: str, found: Any) -> Any:
    """Return what was found, or an instance of a class, and refuse what cannot be called."""
    if inspect.isclass(found):
        try:
            found = found()
        except (Exception, SystemExit) as error:
            cure = "name an instance, or a class that needs no arguments"
            words = f"{found.__name__}() raised {type(error).__name__}: {error}"
            raise BadInput(f"simulator = {text!r}: {words}; {cure}") from error
    if not callable(found):
        kind = type(found).__name__
        raise BadInput(f"simulator = {text!r}: {kind} cannot be called; name a function of a task")
    return found
