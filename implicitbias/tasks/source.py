"""The source code a result depends on, as a digest: a change anywhere asks again."""

import hashlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from implicitbias.errors import BadInput


@lru_cache
def source_digest(*packages: str) -> str:
    """Return the digest of every line of code of the packages; of ``implicitbias`` if none is named."""
    digest = hashlib.sha256()
    for package in packages or ("implicitbias",):
        root = _folder(package)
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root.parent).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise BadInput(f"package = {package!r}: cannot be imported here; install it, or name another")
    return Path(spec.submodule_search_locations[0])
