"""Every page tells the truth: its code runs, from the top, and prints what the page says."""

import pytest

from tests.documented import differences, PAGES, ROOT


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_runs_and_prints_what_the_page_says(page):
    assert not (wrong := differences(page)), "\n".join(wrong)
