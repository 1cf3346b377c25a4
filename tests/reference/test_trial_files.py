"""Trial files: every record of the literature is there once, and the published numbers agree with themselves."""

import re
from pathlib import Path
from typing import Any

import pytest

from itp_sim.files import params_dir, read_toml
from itp_sim.population import virtual_patients
from itp_sim.trials.defaults import excluded
from itp_sim.trials.read import load_trial, trials

#: Experiments on one mechanism, whose facts come from other records.
MECHANISMS = {"anti_cd16", "fcrn_block"}
LEVELS = re.compile(r"(more than|above|at least) (\d+)")


def evidence() -> dict[str, str]:
    """Role of every record by its key."""
    text = (Path(__file__).parents[1] / "data" / "evidence_ids.txt").read_text(encoding="utf-8")
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    found = {key: role for key, role, *_ in rows}
    assert len(found) == len(rows)
    return found


def endpoints() -> list[Any]:
    """Every endpoint as it is written, with the file's tables."""
    files = {name: read_toml(params_dir() / "trials" / f"{name}.toml") for name in trials()}
    return [
        pytest.param(content, endpoint, id=f"{name}-{endpoint['key']}")
        for name, content in files.items()
        for endpoint in content["endpoints"]
    ]


def test_every_record_is_a_trial_or_excluded_and_none_is_both() -> None:
    simulated = set(trials()) - MECHANISMS
    left_out = [key.lower() for key in excluded()]
    assert sorted([*simulated, *left_out]) == sorted(key.lower() for key in evidence())
    assert MECHANISMS < set(trials())


def test_roles_are_those_of_the_records() -> None:
    roles = {key.lower(): role for key, role in evidence().items()}
    assert {key: row.role for key, row in excluded().items()} == {key: evidence()[key] for key in excluded()}
    found = {name: load_trial(name).role for name in trials()}
    assert found == {name: "mechanism" if name in MECHANISMS else roles[name] for name in found}
    assert "context" not in found.values()


def test_nothing_is_fitted_that_was_kept_for_validation() -> None:
    for name in trials():
        trial = load_trial(name)
        if trial.role != "calibrate":
            assert {endpoint.role for endpoint in trial.endpoints.values()} == {trial.role}, name


@pytest.mark.parametrize(("content", "endpoint"), endpoints())
def test_published_numbers_agree(content: dict[str, Any], endpoint: dict[str, Any]) -> None:
    published, locator = endpoint["published"], endpoint["locator"]
    arms = [endpoint["arm"]] if "arm" in endpoint else endpoint["arms"]
    most = sum(content["arms"][arm]["n"] for arm in arms)
    assert 0 < published.get("n", most) <= most
    share = 100 * published["x"] / published["n"] if "x" in published else published.get("value", 0)
    if "x" in published:
        assert 0 <= published["x"] <= published["n"]
    if endpoint["kind"] == "response":
        assert 0 <= share <= 100
        for printed in re.findall(r"(\d+(?:\.\d+)?)%", locator):
            half = 0.5 if "." not in printed else 0.05
            below = "below" in locator  # the printed share is of those who do not reach the level
            said = 100 - float(printed) if below else float(printed)
            assert abs(said - share) <= half + 1e-9 or "one-sided" in locator
    if "of" in locator.split() and "x" in published:
        for x, n in re.findall(r"(\d+) of (\d+)", locator):
            assert int(n) <= most
            assert int(x) <= int(n)
    if "interval" in published:
        low, high = published["interval"]
        assert low < published["value"] < high


@pytest.mark.parametrize(("content", "endpoint"), endpoints())
def test_titles_say_the_level_that_is_counted(content: dict[str, Any], endpoint: dict[str, Any]) -> None:
    if "at_least" not in endpoint:
        return
    title = endpoint["title"]
    strict = endpoint.get("strict", False)
    for words, level in LEVELS.findall(title):
        assert float(level) == endpoint["at_least"]
        assert strict == (words in {"more than", "above"})
    assert ("twice" in title) == (endpoint.get("multiple") == 2) or not LEVELS.search(title)
    day = endpoint.get("day", endpoint.get("by"))
    if said := re.search(r"(?:on|by) day (\d+)", title):
        assert float(said[1]) == day


@pytest.mark.parametrize(
    ("name", "mean", "sd"),
    [
        ("jstage_1gkg", 9.7, 6.0),
        ("lee_ks_2001b", 16.18, 10.309),
        ("carcao2020", 9.2, None),
        ("shahgholi2008", 15.23, None),
    ],
)
def test_those_who_enter_have_the_printed_untreated_count(name: str, mean: float, sd: float | None) -> None:
    trial = load_trial(name)
    (population,) = trial.populations
    people = virtual_patients(population, 4000, 1, platelets=trial.entry.platelets, typical=trial.entry.typical)
    assert people.P0.mean() == pytest.approx(mean, rel=0.05)
    if sd is not None:
        assert people.P0.std() == pytest.approx(sd, rel=0.10)
