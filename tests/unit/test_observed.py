"""Published counts: what the file holds, where it was read, and what breaks its format."""

from pathlib import Path

import pytest

import itp_sim as itp
from itp_sim.errors import UnknownNameError
from itp_sim.evidence import sources
from itp_sim.files import params_dir
from itp_sim.observed import FILE, KINDS, STATISTICS, read_studies, studies, study
from itp_sim.trials import load_trial
from itp_sim.trials.read import trials

GOOD = """
[ours]
title = "Ours"
source = "ROBAK2009"
population = "four adults"
note = "made up"
points = [
  { regimen = "1 g/kg", n = 4, kind = "count", statistic = "mean", day = 1, value = 40, sd = 3 },
  { regimen = "1 g/kg", n = 4, kind = "rise", statistic = "median", day = 2, value = 80 },
]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", studies())
def test_a_study_has_a_source_that_was_seen_and_regimens_that_arms_can_have(name: str) -> None:
    found = study(name)
    assert not sources()[found.source].unverified
    assert found.points
    for point in found.points:
        # Points take the colour of the arm whose regimen has the very same text.
        assert itp.regimen(point.regimen).text == point.regimen
        assert point.kind in KINDS
        assert point.statistic in STATISTICS
        assert 0 < point.value < 500
        assert point.n >= 1


def test_points_are_in_the_order_of_days() -> None:
    for found in studies().values():
        for text in {point.regimen for point in found.points}:
            days = [point.day for point in found.points if point.regimen == text]
            assert days == sorted(set(days))


def test_numbers_as_published() -> None:
    """Typed once more from the abstracts."""
    godeau = {(p.regimen, p.day): (p.value, p.n, p.kind) for p in study("godeau1999").points}
    assert godeau == {
        ("0.5 g/kg", 3): (50, 19, "rise"),
        ("0.5 g/kg", 4): (55, 19, "rise"),
        ("1 g/kg", 3): (92, 18, "rise"),
        ("1 g/kg", 4): (106, 18, "rise"),
    }
    assert [(p.day, p.value, p.sd) for p in study("jstage_1gkg").points] == [(0, 9.7, 6), (1, 46, 26)]
    assert [(p.day, p.value, p.statistic) for p in study("robak2009").points] == [(7, 149, "median")]
    assert [(p.day, p.value, p.n) for p in study("carcao2020").points] == [(0, 9.2, 18), (1, 55, 18)]


@pytest.mark.parametrize(
    ("name", "key", "held"),
    [("godeau1999", "godeau1999", 4), ("jstage_1gkg", "jstage_1gkg", 1), ("carcao2020", "carcao2020", 1)],
)
def test_trials_hold_the_same_numbers(name: str, key: str, held: int) -> None:
    """A number that stands in a trial file too is the same there."""
    found, trial = study(name), load_trial(key)
    assert found.source in trial.sources
    arms = {arm.regimen.text: arm for arm in trial.arms.values()}
    told = {(one.kind, one.statistic, one.day, *one.arms): one.published for one in trial.endpoints.values()}
    both = 0
    for point in found.points:
        arm = arms[point.regimen]
        published = told.get((point.kind, point.statistic, point.day, arm.key))
        if published:
            assert (published.value, published.sd, published.n or arm.n) == (point.value, point.sd, point.n)
            both += 1
        else:
            assert point.day == 0  # of the untreated count the trial has no endpoint
    assert both == held


def test_the_highest_median_of_robak_is_that_of_the_trial() -> None:
    (point,), trial = study("robak2009").points, load_trial("robak2009")
    highest = trial.endpoints["highest_median"]
    assert (highest.published.value, highest.statistic) == (point.value, point.statistic)
    assert trial.arms["all"].regimen.text == point.regimen


def test_the_day_of_it_is_counted_from_the_first_infusion() -> None:
    (point,) = study("robak2009").points
    assert load_trial("robak2009").endpoints["day_of_highest_median"].published.value == point.day


def test_a_study_by_another_name() -> None:
    assert study("Godeau 1999") is study("godeau1999")
    with pytest.raises(itp.UnknownNameError, match="no published study 'godeua1999': did you mean 'godeau1999'"):
        study("godeua1999")


def test_the_packaged_file_is_what_is_read() -> None:
    assert read_studies(params_dir() / FILE) == studies()


def test_studies_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        studies()["new"] = study("godeau1999")


def test_a_good_file(tmp_path: Path) -> None:
    found = read_studies(written(tmp_path, GOOD))["ours"]
    assert (found.title, len(found.points), found.points[0].sd, found.points[1].sd) == ("Ours", 2, 3.0, None)


@pytest.mark.parametrize(
    ("good", "bad", "words"),
    [
        ('title = "Ours"', "", "lacks title"),
        ('title = "Ours"', "title = 3", "title is 3: write text in quotes"),
        ('source = "ROBAK2009"', 'source = "ROBAK2008"', "source: no entry 'ROBAK2008': did you mean"),
        ('source = "ROBAK2009"', 'source = "IWG2009"', "source is 'IWG2009', which is unverified"),
        ('note = "made up"', 'notes = "made up"', "no key 'notes': did you mean 'note'"),
        ('note = "made up"', 'note = " "', "note is ' ': write text"),
        ("n = 4, kind", "n = 0, kind", "n is 0: give a whole number from 1 to 1000000"),
        ("n = 4, kind", "n = 4.5, kind", "n is 4.5: give a whole number"),
        ("n = 4, kind", "kind", "lacks n"),
        ("day = 1,", 'day = "1",', "day is '1', not a number"),
        ("day = 1,", "day = nan,", "day is nan day: give a number from 0 to 3650"),
        ("value = 40", "value = -40", "value is -40 1e9/L"),
        ("sd = 3", "sd = inf", "sd is inf"),
        ("sd = 3", "SD = 3", "no key 'SD': write 'sd'"),
        ('kind = "count"', 'kind = "counts"', "kind: no entry 'counts': did you mean 'count'"),
        ('statistic = "mean"', 'statistic = "mode"', "statistic: no entry 'mode': .*choose from mean, median"),
        (
            'regimen = "1 g/kg", n = 4, kind = "count"',
            'regimen = "1 g", n = 4, kind = 4',
            "kind: entry is 4, not a name",
        ),
        ('regimen = "1 g/kg", n = 4, kind = "rise"', 'regimen = "much", n = 4, kind = "rise"', "regimen 'much'"),
        ("points = [", "points = [ 1,", "points 1 is 1: write a table with regimen, n"),
        ("points = [", "points = []\nothers = [", "no key 'others'"),
        ("[ours]", "ours = 3\n[theirs]", "is 3: write a table with title, source"),
    ],
)
def test_what_breaks_the_format_is_named(tmp_path: Path, good: str, bad: str, words: str) -> None:
    assert good in GOOD
    path = written(tmp_path, GOOD.replace(good, bad, 1))
    with pytest.raises(itp.ParameterFileError, match=rf"mine\.toml, \[ours\].*({words})"):
        read_studies(path)


def test_a_study_without_points_is_refused(tmp_path: Path) -> None:
    head = GOOD[: GOOD.index("points")]
    for points, words in (("[]", "has no points"), ("3", "points is 3: write a list of tables")):
        with pytest.raises(itp.ParameterFileError, match=rf"\[ours\] {words}"):
            read_studies(written(tmp_path, f"{head}points = {points}\n"))


def test_a_study_that_is_a_trial_too_has_its_name() -> None:
    sources = {tuple(itp.load_trial(name).sources): name for name in trials()}
    for name, one in studies().items():
        assert name in trials() or (one.source,) not in sources


def test_a_trial_without_counts_to_show_is_told_as_such() -> None:
    with pytest.raises(UnknownNameError, match="trial 'godeau2002' has no published counts to lay over a curve"):
        study("godeau2002")
