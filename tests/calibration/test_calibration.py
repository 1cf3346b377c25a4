"""The calibration: what is fitted, how far is far, that the fit finds what is there, that its results are in use."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from calibration import __main__ as command
from calibration import alternatives, fit, keep, posterior, report, target
from scipy import stats

import itp_sim as itp
from itp_sim import trials
from itp_sim.evidence import sources
from itp_sim.files import params_dir
from itp_sim.records import SHARES

POPULATIONS = command.POPULATIONS
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "04_where_the_numbers_come_from.ipynb"


@pytest.fixture(scope="module", params=POPULATIONS)
def population(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- what is fitted ---------------------------------------------------------------------------------------------------


def test_only_endpoints_to_be_calibrated_are_fitted(population: str) -> None:
    chosen = target.fitted(population)
    assert chosen
    assert {one.endpoint.role for one in chosen} == {"calibrate"}
    assert {tuple(one.trial.populations) for one in chosen} == {(population,)}
    given = {
        (key, name)
        for key in trials.trials()
        for trial in [trials.load_trial(key)]
        for name, endpoint in trial.endpoints.items()
        if endpoint.role == "calibrate" and list(trial.populations) == [population]
    }
    assert {(one.trial.key, one.endpoint.key) for one in chosen} == given


def test_alike_endpoints_of_the_same_patients_count_as_one(population: str) -> None:
    sums: dict[object, float] = {}
    for one in target.fitted(population):
        place = (one.trial.key, one.endpoint.arms, one.endpoint.kind, one.endpoint.criterion.at_least)
        sums[place] = sums.get(place, 0.0) + one.weight
    assert all(total == pytest.approx(1.0) for total in sums.values())


def test_priors_name_records_and_known_sources(population: str) -> None:
    found = itp.records(population)
    read = fit.tomllib.loads(fit.PRIORS.read_text(encoding="utf-8"))[population]
    for one in read["free"]:
        record = found[one["name"]]
        assert one["of"] in ("typical", "spread")
        assert one["scale"] == ("logit" if one["of"] == "typical" and record.name in SHARES else "log")
        assert record.evidence == "fitted"
        assert "CALIBRATION" in record.source
        named = one.get("source", [])
        assert ({named} if isinstance(named, str) else set(named)) <= set(sources())
        assert named or one["evidence"] == "assumed"
        assert one["note"]


def test_every_number_said_to_be_calibrated_is_fitted() -> None:
    for population in POPULATIONS:
        own = fit.tomllib.loads((Path(params_dir()) / f"{population}.toml").read_text(encoding="utf-8"))
        said = {name for name, record in own.items() if "CALIBRATION" in str(record.get("source", ""))}
        assert said == {one.name for one in fit.priors(population)}


# --- how far is far ---------------------------------------------------------------------------------------------------


def one(name: str) -> target.Fitted:
    (found,) = (x for p in POPULATIONS for x in target.fitted(p) if x.name == name)
    return found


def far(name: str, value: float, n: int = 10_000) -> float:
    return float(target.residuals([one(name)], [value], n)[0])


def test_distance_of_a_share_is_that_of_the_binomial_distribution() -> None:
    share = 100 * 12 / 18
    assert far("godeau1999 response_day_4_high", share) == pytest.approx(0, abs=1e-6)
    for value in (30.0, 60.0, 90.0):
        p = value / 100
        expected = 2 * (stats.binom.logpmf(12, 18, 12 / 18) - stats.binom.logpmf(12, 18, p))
        found = far("godeau1999 response_day_4_high", value)
        assert found**2 == pytest.approx(expected)
        assert (found > 0) == (value > share)
    assert math.isfinite(far("godeau1999 response_day_4_high", 0.0))


def test_distance_of_a_quantity_is_two_at_the_ends_of_its_interval() -> None:
    name = "godeau1999 rise_day_3_high"
    seen = trials.observed(one(name).endpoint, trials.defaults().margins)
    assert far(name, seen.value) == 0
    assert far(name, seen.low) == pytest.approx(-1.96)
    assert far(name, seen.high) == pytest.approx(1.96)


def test_a_value_that_does_not_exist_is_far() -> None:
    assert far("robak2009 time_to_50", math.inf) == target.FAR
    assert far("robak2009 duration_50", math.nan) == target.FAR


def test_robust_loss_is_that_of_students_t() -> None:
    x = np.array([-3.0, 0.0, 0.5, 10.0])
    loss = target.robust(x, np.ones(4)) ** 2
    assert loss == pytest.approx(2 * (stats.t.logpdf(0, target.DEGREES) - stats.t.logpdf(x, target.DEGREES)))
    assert target.robust(x, np.full(4, 0.25)) == pytest.approx(0.5 * target.robust(x, np.ones(4)))
    assert (np.sign(target.robust(x, np.ones(4))) == np.sign(x)).all()


# --- the fit finds what is there --------------------------------------------------------------------------------------


@pytest.fixture
def invented(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Trials whose quantities are powers of the parameters: the best fit is known."""
    truth = {"EPS": 1.7, "IC50": 5.0}
    chosen = [x for x in target.fitted("adult_chronic") if x.endpoint.kind == "rise"]
    margins = trials.defaults().margins

    def simulated(chosen: object, *, n: int, seed: int, overrides: fit.Overrides) -> list[float]:
        assert (n, seed) == (fit.PATIENTS, fit.SEED)
        typical = overrides["adult_chronic"]["typical"]
        ratio = [typical[name] / truth[name] for name in truth]
        slopes = ((1.0, -0.3), (0.5, -1.0), (1.0, 0.2), (0.2, 0.8))
        return [
            trials.observed(x.endpoint, margins).value * ratio[0] ** a * ratio[1] ** b
            for x, (a, b) in zip(chosen, slopes, strict=True)  # type: ignore[call-overload]
        ]

    monkeypatch.setattr(target, "fitted", lambda population: chosen)
    monkeypatch.setattr(target, "simulated", simulated)
    return truth


FREE = (fit.Free("EPS", "typical", 0.8, "log", 50.0), fit.Free("IC50", "typical", 2.0, "log", 50.0))


def test_fit_finds_the_truth_and_its_uncertainty(invented: dict[str, float]) -> None:
    done = fit.fit("adult_chronic", free=FREE, log=lambda text: None)
    assert done.best == pytest.approx(invented, rel=2e-3)
    assert done.data == pytest.approx(0, abs=1e-3)
    wide = [x._replace(sd=0.01) for x in FREE]  # a prior that knows better holds its ground
    held = fit.fit("adult_chronic", free=wide, log=lambda text: None)
    assert all(share > 0.9 for share in held.shrunk.values())
    assert all(share < 0.05 for share in done.shrunk.values())


def test_posterior_draws_have_the_spread_of_the_loss(
    invented: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = fit.fit("adult_chronic", free=FREE, log=lambda text: None)
    monkeypatch.setattr(posterior, "PATIENTS", fit.PATIENTS)
    drawn = posterior.sample(done, tried=1000, kept=500, log=lambda text: None)
    # The posterior on a grid; Student's t makes it wider than the curvature at its top says.
    margins = trials.defaults().margins
    step = np.linspace(-1.2, 1.2, 121)
    x, y = np.meshgrid(step, step, indexing="ij")
    slopes = ((1.0, -0.3), (0.5, -1.0), (1.0, 0.2), (0.2, 0.8))
    density = np.ones_like(x)
    for fitted, (a, b) in zip(done.chosen, slopes, strict=True):
        seen = trials.observed(fitted.endpoint, margins)
        ends = np.where(a * x + b * y < 0, seen.value / seen.low, seen.high / seen.value)
        density *= (1 + (target.TWO_SIDED * (a * x + b * y) / np.log(ends)) ** 2 / 4) ** (-2.5 * fitted.weight)
    for axis, column in enumerate(np.log(drawn.rows).T):
        share = density.sum(axis=1 - axis) / density.sum()
        middle = (share * step).sum()
        width = math.sqrt((share * (step - middle) ** 2).sum())
        assert column.std() == pytest.approx(width, rel=0.12)
        assert column.std() > 1.1 * math.sqrt(done.spread[axis, axis])
    assert 300 < drawn.effective < 1000


def test_a_number_that_is_held_is_not_fitted(invented: dict[str, float]) -> None:
    done = fit.fit("adult_chronic", free=FREE, fixed={"IC50": 5.0}, log=lambda text: None)
    assert set(done.best) == {"EPS"}
    assert done.best["EPS"] == pytest.approx(1.7, rel=2e-3)


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_keep_changes_the_fitted_numbers_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Path(params_dir()) / "adult_chronic.toml"
    copy = tmp_path / source.name
    copy.write_bytes(source.read_bytes())
    monkeypatch.setattr(keep, "params_dir", lambda: tmp_path)
    keep.keep("adult_chronic", {"IC50": 3.25, "FIND spread": 1.125, "EPS spread": 0.5})
    before, after = (fit.tomllib.loads(path.read_text(encoding="utf-8")) for path in (source, copy))
    assert (after["IC50"]["value"], after["FIND"]["logit_sd"], after["EPS"]["cv"]) == (3.25, 1.125, 0.5)
    for table, key in (("IC50", "value"), ("FIND", "logit_sd"), ("EPS", "cv")):
        after[table][key] = before[table][key]
    assert after == before
    with pytest.raises(ValueError, match="0 places for WT spread"):
        keep.keep("adult_chronic", {"WT spread": 0.2})


def results() -> dict[str, object]:
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in command.KEPT.glob("*.json")}


def test_the_page_is_printed_from_the_results() -> None:
    assert command.PAGE.read_text(encoding="utf-8") == "\n".join(report.page(results())) + "\n"


def test_the_notebook_of_sources_holds_what_was_known_before_and_how_much_was_learnt() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    text = next("".join(cell["source"]) for cell in cells if "".join(cell["source"]).startswith("before = "))
    printed = re.findall(r'"(\w+)": \{"prior": ([\d.]+), "SD after / before": ([\d.]+)\}', text)
    kept = results()["adult_chronic"]
    medians = [key for key in kept["best"] if not key.endswith(" spread")]
    assert [(name, float(prior), left) for name, prior, left in printed] == [
        (key, kept["prior"][key], f"{kept['shrunk'][key]:.2f}") for key in medians
    ]


def test_records_and_notebook_say_alike_what_the_results_do_not_determine() -> None:
    kept = results()["adult_chronic"]
    silent = {key for key, left in kept["shrunk"].items() if left > report.SILENT}
    assert silent == {"EPS spread", "IC50 spread", "GAMMA"}  # else the notebook of sources and the notes change
    found = itp.records("adult_chronic")
    assert all("ot determined by the results" in found[key.split()[0]].note for key in silent)


def test_the_fitted_values_are_those_in_use(population: str) -> None:
    kept = results()[population]
    found = itp.records(population)
    for key, value in kept["best"].items():  # type: ignore[index]
        name, _, of = key.partition(" ")
        record = found[name]
        assert value == (record.value if not of else record.logit_sd if name in SHARES else record.cv)


def test_posterior_draws_in_use_surround_the_fitted_values(population: str) -> None:
    path = Path(params_dir()) / "posterior" / f"{population}.csv"
    names = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    rows = np.loadtxt(path, delimiter=",", skiprows=1)
    kept = results()[population]
    assert names == list(kept["best"])  # type: ignore[index]
    assert len(rows) == kept["draws"]  # type: ignore[index]
    for name, column in zip(names, rows.T, strict=True):
        assert column.min() <= kept["best"][name] <= column.max()  # type: ignore[index]


# --- alternatives -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", alternatives.ALTERNATIVES)
def test_alternatives_name_what_is_there(name: str) -> None:
    asked = alternatives.ALTERNATIVES[name]
    found = itp.records("adult_chronic")
    assert asked.question.endswith(("?", "."))
    assert all(record in found for record in asked.fixed)
    for path, changes in asked.edits.items():
        text = (alternatives.TOP / path).read_text(encoding="utf-8")
        for old, new in changes:
            assert text.count(old) == 1, f"{path}: {old!r}"
            text = text.replace(old, new)
        if path.endswith(".py"):
            compile(text, path, "exec")


def test_an_edit_that_no_longer_fits_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = alternatives.Alternative(question="?", edits={"pyproject.toml": (("no such line", ""),)})
    monkeypatch.setitem(alternatives.ALTERNATIVES, "stale", stale)
    monkeypatch.setattr(alternatives, "COPIED", ("pyproject.toml",))
    with pytest.raises(ValueError, match=r"pyproject\.toml holds 0 times"):
        alternatives.edited_copy("stale", tmp_path)


def test_command_names_its_steps(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["adults"])
    assert "no step 'adults': choose from adult_chronic, child_newly_diagnosed, alternatives" in capsys.readouterr().err
