"""The results of a report, read again from what ``report`` and ``verify --json`` wrote."""

import json
from pathlib import Path
from typing import Any

from implicitbias.checks import refuse
from paper_repro.claims.result import JSON_VERSION, Result


RECORDS = "results.json"
CURE = "give a folder that `paper-repro report` wrote, or a file that `paper-repro verify --json` printed"


def read_results(name: str, path: Path) -> dict[str, Result]:
    """Return the results of a report by key, in its order.

    Parameters
    ----------
    name
        What an error calls the path.
    path
        A folder with ``results.json``, or with ``report/results.json``; or a file that holds the same.

    Raises
    ------
    BadInput
        If there is nothing to read, if it is no array of records of this version, or if a claim is there twice.
    """
    file = _file(name, path)
    results = [_result(name, file, record) for record in _array(name, file)]
    keys = [result.key for result in results]
    for key in keys:
        if keys.count(key) > 1:
            cure = "compare reports, or `verify --json` at one choice of knobs"
            raise refuse(
                name, str(file), f"holds {key} {keys.count(key)} times, and each claim counts once", cure
            )
    return dict(zip(keys, results, strict=True))


def _file(name: str, path: Path) -> Path:
    if path.is_file():
        return path
    if not path.is_dir():
        raise refuse(name, str(path), "must exist", CURE)
    for file in (path / RECORDS, path / "report" / RECORDS):
        if file.is_file():
            return file
    raise refuse(name, str(path), f"must hold {RECORDS}", CURE)


def _array(name: str, file: Path) -> list[Any]:
    try:
        records = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise refuse(name, str(file), "must be JSON", CURE) from None
    if not isinstance(records, list):
        raise refuse(name, str(file), "must be an array of verdicts", CURE)
    return records


def _result(name: str, file: Path, record: Any) -> Result:
    version = record.get("version") if isinstance(record, dict) else None
    if version != JSON_VERSION:
        rule = f"must be an array of verdicts of version {JSON_VERSION}, and one is of version {version}"
        raise refuse(name, str(file), rule, "write it again with this version of paper-repro")
    try:
        return Result.from_json(record)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        rule = f"the record of {record.get('key', 'a claim')} is damaged ({type(error).__name__}: {error})"
        raise refuse(name, str(file), rule, CURE) from error
