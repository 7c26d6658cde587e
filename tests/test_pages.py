"""The pages tell the truth: their code runs, prints what they say, and what is not run has a reason."""

import sys
from pathlib import Path

import pytest

from tests.documented import complaints, differences, PAGES, ROOT


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_says_what_becomes_of_it(page):
    assert not complaints(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_runs_and_prints_what_the_page_says(page):
    assert not (wrong := differences(page)), "\n".join(wrong)


PAGE = """# A page

<!-- run -->
```python
x = 2
print(x)
```

```text
2
```

<!-- file: mine.py -->
```python
def double(x):
    return 2 * x
```

Prose between.

<!-- run -->
```python
from mine import double

print(double(x), "begins")
for line in range(9):
    print(line)
```

```text
4 begins
…
8
```

<!-- run, exit code 3 -->
```sh
echo to the shell
python -c "from mine import double; raise SystemExit(double(1) + 1)"
```

```text
to the shell
```
"""


@pytest.fixture
def page(tmp_path):
    def written(text):
        path = tmp_path / "page.md"
        path.write_text(text)
        return path

    return written


def test_blocks_share_a_session_a_folder_and_a_shell(page):
    assert complaints(page(PAGE)) == [] and differences(page(PAGE)) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("x = 2", "x = 3"),
        ("```text\n2\n```", "no output"),
        ("4 begins", "4"),
        ("echo to the", "echo to a"),
        ("…\n8", "…\n7"),
    ],
)
def test_what_is_not_printed_is_noticed(page, right, wrong):
    assert right in PAGE
    assert differences(page(PAGE.replace(right, wrong)))


def test_an_exit_code_other_than_the_one_announced_fails(page):
    with pytest.raises(AssertionError, match="exit code 3"):
        differences(page(PAGE.replace(", exit code 3", "")))


def test_written_outputs_are_right_and_the_rest_of_the_page_stays(page):
    path = page(PAGE.replace("```text\n2\n```\n\n", "").replace("4 begins", "5 begins"))
    assert len(differences(path, write=True)) == 2
    assert differences(path) == []
    assert path.read_text() == PAGE.replace("…", "\n".join(map(str, range(8))))


@pytest.mark.parametrize(
    "text",
    [
        "```python\nx = 1\n```",
        "<!-- run -->\n\n```python\nx = 1\n```",
        "<!-- not run: -->\n```python\nx = 1\n```",
        "<!-- run -->\n```toml\nx = 1\n```",
        "<!-- tested by test_how_to.py: something -->\n```python\nx = 1\n```",
        "```text\nx = 1\n```",
        "````{note}\n```python\nx = 1\n```\n````",
    ],
)
def test_a_block_without_a_good_comment_is_refused(page, text):
    assert len(complaints(page(text))) == 1


def test_modules_and_folders_of_a_page_are_put_back(page):
    before = Path.cwd(), list(sys.path)
    differences(page(PAGE))
    assert (Path.cwd(), sys.path) == before and "mine" not in sys.modules
