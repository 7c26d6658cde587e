"""The source code a result depends on, as a digest: a change anywhere asks again."""

import hashlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from implicitbias.errors import BadInput


@lru_cache
def source_digest(*packages: str) -> str:
    """Return the digest of every line of code of the packages or modules; of ``implicitbias`` if none is named."""
    digest = hashlib.sha256()
    for package in packages or ("implicitbias",):
        root, paths = _files(package)
        for path in paths:
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _files(package: str) -> tuple[Path, list[Path]]:
    """Return where a package or a module lies, and its files."""
    spec = find_spec(package)
    if spec is not None and spec.submodule_search_locations:
        folder = Path(spec.submodule_search_locations[0])
        return folder.parent, sorted(folder.rglob("*.py"))
    if spec is not None and spec.has_location and spec.origin:
        return Path(spec.origin).parent, [Path(spec.origin)]
    raise BadInput(f"package = {package!r}: cannot be imported here; install it, or name another")
