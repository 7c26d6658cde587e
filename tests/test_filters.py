"""The filters of the index: each choice has claims, each claim is where its group is, and a browser agrees."""

import dataclasses
import json
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from paper_repro.catalogue import find
from paper_repro.claims import Claim, Result, Status
from paper_repro.report.filters import facets, filters
from paper_repro.report.site import Page, write_site


CHROMIUM = shutil.which("chromium")
PATIENCE = 120.0  # seconds; a browser that starts on a busy machine
KEYS = ("zhu2024/direction-limit", "zhu2024/loss-limit", "soudry2018/residual-limit", "karimireddy2020/path")
STATUSES = (Status.HOLDS, Status.INCONCLUSIVE, Status.HOLDS, Status.ERROR)
EVIDENCE = ("LIMIT", "LIMIT", "STATISTICAL", "")


def result_of(claim: Claim, status: Status, evidence: str) -> Result:
    rest: dict[str, Any] = {"comparisons": (), "falsifiers": (), "knobs": {}, "message": ""}
    named = {"key": claim.key, "paper": claim.paper, "title": claim.title, "source": claim.source}
    return Result(
        **named,
        **rest,
        status=status,
        expected=Status.HOLDS,
        evidence=evidence,
        seed=0,
        budget="smoke",
        seconds=0,
    )


CLAIMS = tuple(find(key) for key in KEYS)
RESULTS = tuple(map(result_of, CLAIMS, STATUSES, EVIDENCE))


@pytest.fixture(scope="module")
def index(tmp_path_factory) -> Path:
    shown = [Page(claim, result, None) for claim, result in zip(CLAIMS, RESULTS, strict=True)]
    return write_site(
        tmp_path_factory.mktemp("site"), shown, environment={"implicitbias": "0", "commit": "0"}
    )


class Parts(HTMLParser):
    """Collects the attributes of rows, of options, and of the form."""

    def __init__(self, path: Path):
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def having(self, name: str) -> list[dict[str, str | None]]:
        return [found for _, found in self.found if name in found]


def test_every_choice_has_a_claim_and_every_claim_a_choice_in_every_filter():
    made = filters(RESULTS)
    assert [f.name for f in made] == ["paper", "verdict", "evidence", "source"]
    for one in made:
        assert {group for group, _ in one.choices} == {facets(r)[one.name] for r in RESULTS}
    assert dict(made[0].choices)["zhu2024"] == "Zhu, Vardhan and Mazumdar 2024"


def test_a_filter_that_tells_nothing_apart_is_not_offered():
    alike = [dataclasses.replace(result, source="derived") for result in RESULTS[:2]]
    assert [f.name for f in filters(alike)] == ["verdict"]
    assert not filters(RESULTS[:1])


def test_rows_carry_their_groups_and_without_a_script_all_are_shown_and_the_form_is_not(index):
    parts = Parts(index)
    rows = [found for tag, found in parts.found if tag == "tr" and "data-claim" in found]
    carried = [{name: row[f"data-{name}"] for name in facets(RESULTS[0])} for row in rows]
    by_key = {r.key: facets(r) for r in RESULTS}
    assert carried == [by_key[str(row["data-claim"]).replace("--", "/")] for row in rows]
    assert [found.get("class") for found in parts.having("hidden")] == ["filter"]


PROBE = """
<pre id="seen"></pre>
<script>
addEventListener("load", () => setTimeout(() => {
  const form = document.querySelector("form.filter"), seen = [];
  const visible = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility());
  const look = () => seen.push({
    claims: visible("[data-claim]").map((e) => e.dataset.claim), papers: visible(".paper").map((e) => e.id),
    told: form.querySelector("output").value, button: form.querySelector("button").checkVisibility()});
  for (const step of STEPS) {
    for (const [name, value] of Object.entries(step)) form.elements[name].value = value;
    form.dispatchEvent(new Event("input"));
    look();
  }
  form.reset();
  setTimeout(() => { look(); document.getElementById("seen").textContent = JSON.stringify(seen); }, 50);
}, 50));
</script>
</body>"""
STEPS = (
    {},
    {"paper": "zhu2024"},
    {"verdict": "undecided"},
    {"paper": "", "verdict": "", "evidence": "none"},
    {"evidence": "", "words": "Mazumdar  LIMIT"},
    {"words": "mazumdar scaffold"},
)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install the distribution's package `chromium`")
def test_a_browser_shows_the_claims_that_match_every_choice_and_word_from_a_file(index):
    probe = index.with_name("probe.html")
    text = index.read_text(encoding="utf-8")
    probe.write_text(text.replace("</body>", PROBE.replace("STEPS", json.dumps(STEPS))), encoding="utf-8")
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000"]
    done = subprocess.run(
        [*command, "--dump-dom", probe.as_uri()], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    seen = json.loads(done.stdout.split('<pre id="seen">')[1].split("</pre>")[0])
    names = [key.replace("/", "--") for key in KEYS]
    zhu = names[:2]
    assert [step["claims"] for step in seen] == [names, zhu, zhu[1:], names[3:], zhu, [], names]
    assert [len(step["papers"]) for step in seen] == [3, 1, 1, 1, 1, 0, 3]
    assert seen[1]["told"] == "2 of 4 claims: Zhu, Vardhan and Mazumdar 2024"
    assert seen[0]["told"] == seen[-1]["told"] == "all 4 claims"
    assert [step["button"] for step in seen] == [False, True, True, True, True, True, False]
