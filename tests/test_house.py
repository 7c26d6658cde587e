"""The house: light imports, a command line that answers, bad input in one line."""

import ast
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from paper_repro.bibliography import BIBTEX
from paper_repro.command_line import main


HEAVY = (
    "cvxpy",
    "PEPit",
    "pandas",
    "sympy",
    "matplotlib",
    "numba",
    "sklearn",
    "hypothesis",
    "jinja2",
    "joblib",
    "dask",
    "distributed",
)
ROOT = Path(__file__).resolve().parents[1]


def test_importing_is_light():
    # One process, in an order in which no package brings the next one along.
    packages = ("implicitbias", "sde", "sde.zoo", "figures", "paper_repro.claims")
    code = (
        "import importlib, json, sys\n"
        "def loaded_by(name):\n    importlib.import_module(name)\n    return list(sys.modules)\n"
        f"print(json.dumps({{name: loaded_by(name) for name in {packages}}}))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = {name: set(modules) for name, modules in json.loads(printed).items()}
    assert all(loaded[after] - loaded[name] for name, after in itertools.pairwise(packages))
    for name, modules in loaded.items():
        assert not {m.split(".")[0] for m in modules} & set(HEAVY), name
    late = {"scipy.optimize", "scipy.linalg", "scipy.stats", "scipy.integrate"}
    assert not late & loaded["implicitbias"]


def test_every_source_that_is_cited_has_its_entry():
    packages = ("implicitbias", "sde", "figures", "paper_repro")
    text = "\n".join(p.read_text() for name in packages for p in (ROOT / name).rglob("*.py"))
    cited = set(re.findall(r"\b[a-z]{3,}(?:18|19|20)\d{2}\b", text))
    assert cited <= set(BIBTEX), sorted(cited - set(BIBTEX))


PACKAGES = ("implicitbias", "sde", "figures", "paper_repro")
# What others import; statements of papers import it, and nobody imports them.
FRAMEWORK = ("claims", "report", "conformance", "gallery", "commands")
LIBRARY = [ROOT / name for name in PACKAGES[:3]] + [ROOT / "paper_repro" / name for name in FRAMEWORK]
# What is decorated there is compiled: Numba infers the types of its arguments.
COMPILED = ("implicitbias/engine/kernels", "sde/kernels")


def public_functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef, bool]]:
    """Yield name, definition and whether its first argument is an instance or class, of what a module offers."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name, node, False
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for part in node.body:
                if isinstance(part, ast.FunctionDef) and not re.match(
                    r"_(?!_)|__(init|post_init)__", part.name
                ):
                    static = any(getattr(mark, "id", "") == "staticmethod" for mark in part.decorator_list)
                    yield f"{node.name}.{part.name}", part, not static


def untyped(function: ast.FunctionDef, bound: bool) -> list[str]:
    """Return the parameters without a type, and 'return'."""
    given = function.args
    parameters = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg][bound:]
    missing = [p.arg for p in parameters if p is not None and p.annotation is None]
    return missing + ["return"] * (function.returns is None)


def test_every_public_function_has_all_its_types_and_every_package_says_so():
    missing = []
    modules = [path for folder in LIBRARY for path in sorted(folder.rglob("*.py"))]
    for path in [*modules, *(ROOT / "paper_repro").glob("*.py")]:
        module = path.relative_to(ROOT).as_posix()
        if "__pycache__" in module:
            continue
        for name, function, bound in public_functions(ast.parse(path.read_text())):
            if not (module.startswith(COMPILED) and (function.decorator_list or "kernel." in module)):
                missing += [f"{module}: {name}: {part}" for part in untyped(function, bound)]
    assert not missing
    assert all((ROOT / name / "py.typed").exists() for name in PACKAGES)


def test_what_has_no_type_is_found():
    source = "class A:\n    def f(self, x: int, *y, z=1) -> None: ...\n    @staticmethod\n    def g(x): ...\n"
    found = {name: untyped(f, bound) for name, f, bound in public_functions(ast.parse(source))}
    assert found == {"A.f": ["z", "y"], "A.g": ["x", "return"]}


def test_listing_and_help_import_neither_sympy_nor_papers():
    code = (
        "import sys, paper_repro.command_line as c\n"
        "for arguments in (['list'], ['--help'], ['verify', '--help']):\n"
        "    try:\n        c.main(arguments)\n    except SystemExit: pass\n"
        "    assert not [m for m in sys.modules if m.startswith(('sympy', 'paper_repro.papers'))], arguments"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_list_names_every_claim_in_three_forms(capsys):
    assert main(["list", "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)
    assert main(["list"]) == 0
    text = capsys.readouterr().out
    assert main(["list", "--markdown"]) == 0
    table = capsys.readouterr().out
    for entry in entries:
        assert entry["key"] in text and f"`{entry['key']}`" in table


def test_cite_prints_bibtex(capsys):
    assert main(["cite", "soudry2018", "zhu2024/residual-limit"]) == 0
    printed = capsys.readouterr().out
    assert "@article{soudry2018," in printed and "{zhu2024," in printed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["verify", "zhu2024/residual-limt"], "did you mean zhu2024/residual-limit"),
        (["verify", "zhu2024/residual-limit", "--set", "local_steps"], "KNOB=VALUE"),
        (["verify", "zhu2024/residual-limit", "--set", "speed=3"], "no selected claim has this knob"),
        (["verify", "zhu2024/residual-limit", "--set", "lr=-3"], "must lie in"),
        (["verify", "zhu2024/residual-limit", "--seed", "-1"], "non-negative"),
        (["verify", "zhu2024/residual-limit", "--set", "lr=0.1", "--set", "lr=0.2"], "given 2 times"),
        (["verify", "zhu2024/residual-limit", "--out", "/dev/null/out"], "cannot be written"),
        (["verify", "zhu2024/residual-limit", "--out", ""], "must name a folder"),
        (["verify", "--jobs", "0"], "at least 1"),
        (["cite", "nobody1999"], "has no entry"),
    ],
)
def test_bad_input_is_one_line_and_code_2(arguments, said, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_verify_prints_json_that_can_be_read(capsys, tmp_path):
    code = main(
        [
            "verify",
            "zhu2024/residual-limit",
            "--budget",
            "smoke",
            "--json",
            "--jobs",
            "1",
            "--out",
            str(tmp_path),
        ]
    )
    (record,) = json.loads(capsys.readouterr().out)
    assert code in (0, 3) and record["key"] == "zhu2024/residual-limit"
    wanted = (
        "key paper source status expected evidence predicted measured uncertainty resolution seconds seed"
    )
    assert {*wanted.split(), "falsifiers", "message"} <= set(record)
    assert {"name", "status"} <= set(record["falsifiers"][0])
