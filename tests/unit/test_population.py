"""Virtual patients: who they are depends on their own index, and they are spread as the records say."""

import math
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy.special import logit, ndtr, ndtri
from scipy.stats import kstest

import itp_sim as itp
from itp_sim.equations import Parameters, untreated
from itp_sim.errors import InputError, ParameterFileError, UnknownNameError
from itp_sim.files import params_dir
from itp_sim.parameters import correlations, records
from itp_sim.patient_table import patient_table
from itp_sim.population import virtual_patients
from itp_sim.uniforms import SAMPLING, stream

ADULTS = records("adult_chronic")
VARIED = [name for name, record in ADULTS.items() if record.omega > 0]
TEXT = (params_dir() / "adult_chronic.toml").read_text(encoding="utf-8")


def own(tmp_path: Path, *changes: tuple[str, str], more: str = "", key: str = "own") -> str:
    """Path of the adults' file with some text replaced and some added."""
    text = TEXT.replace('"adult_chronic"', f'"{key}"', 1)
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = tmp_path / f"{key}.toml"
    path.write_text(text + more, encoding="utf-8")
    return str(path)


def scores(table, name, limits=None):
    """Uniform scores of one parameter: the share of patients below, by the record and its limits."""
    record = ADULTS[name]
    low, high = limits or record.limits
    at = (lambda x: logit(x) - logit(record.value)) if record.logit_sd else (lambda x: np.log(x / record.value))
    below = [ndtr(at(np.asarray(x)) / record.omega) for x in (low, high, table[name].to_numpy())]
    return (below[2] - below[0]) / (below[1] - below[0])


@pytest.fixture(scope="module")
def many():
    return virtual_patients(n=20_000, seed=3)


# --- patient 17 is always patient 17 --------------------------------------------------------------------------------


@pytest.mark.parametrize("sampling", SAMPLING)
@settings(max_examples=15)
@given(cuts=st.lists(st.integers(1, 99), max_size=6, unique=True), seed=st.integers(0, 2**40))
def test_a_cohort_may_be_cut_anywhere(sampling, cuts, seed):
    whole = virtual_patients(n=100, seed=seed, sampling=sampling)
    ends = [0, *sorted(cuts), 100]
    parts = [virtual_patients(n=b - a, seed=seed, sampling=sampling, first=a, of=100) for a, b in pairwise(ends)]
    assert_frame_equal(pd.concat(parts), whole, check_exact=True)


def test_the_last_ten_of_a_hundred():
    whole = virtual_patients(n=100, seed=1, sampling="stratified")
    assert_frame_equal(
        virtual_patients(n=10, seed=1, first=90, sampling="stratified"), whole.iloc[90:], check_exact=True
    )


@pytest.mark.parametrize("sampling", ["random", "sobol"])
def test_a_patient_does_not_depend_on_how_many_there_are(sampling):
    few, more = (virtual_patients(n=n, seed=5, sampling=sampling) for n in (7, 64))
    assert_frame_equal(few, more.iloc[:7], check_exact=True)


def test_a_parameter_does_not_depend_on_which_others_vary(tmp_path):
    usual = virtual_patients(n=200, seed=2)
    heavier = virtual_patients(n=200, seed=2, weight_kg=(80, 120))
    still = virtual_patients(own(tmp_path, ("cv       = 0.15\n", "")), n=200, seed=2)  # V1
    rest = [name for name in Parameters._fields if name not in {"WT", "V1"}]
    assert heavier["WT"].nunique() == 200
    assert still["V1"].nunique() == 1
    assert_frame_equal(heavier[rest], usual[rest], check_exact=True)
    assert_frame_equal(still[rest], usual[rest], check_exact=True)


@pytest.mark.parametrize(("one", "other"), [(0, 1), (2**53, 2**53 + 1), (2**62, 2**62 + 1)])
def test_neighbouring_seeds_give_other_draws(one, other):
    a, b = (stream("P0", 100, seed=seed, first=0, attempt=0) for seed in (one, other))
    assert (a != b).all()


def test_streams_of_names_attempts_and_patients_are_apart():
    seen = [
        stream(name, 1000, seed=1, first=first, attempt=attempt)
        for name in ("P0", "EPS")
        for first in (0, 1000)
        for attempt in (0, 1, 3, 4, 8)
    ]
    together = np.concatenate(seen)
    assert len(np.unique(together)) == len(together)
    assert np.abs(np.corrcoef(seen) - np.eye(len(seen))).max() < 5 / math.sqrt(1000)


@pytest.mark.parametrize("sampling", SAMPLING)
def test_no_global_state_is_used_or_changed(sampling):
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    a = virtual_patients(n=10, sampling=sampling)
    np.random.seed(2)  # noqa: NPY002
    assert_frame_equal(a, virtual_patients(n=10, sampling=sampling), check_exact=True)
    np.random.seed(1)  # noqa: NPY002
    virtual_patients(n=10, sampling=sampling)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


# --- spread as the records say --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VARIED)
def test_draws_follow_the_record(many, name):
    u = scores(many, name)
    assert kstest(u, "uniform").statistic < 1.95 / math.sqrt(len(u))
    assert 0.88 <= np.mean((u > 0.05) & (u < 0.95)) <= 0.92


@pytest.mark.parametrize("name", VARIED)
def test_moments(many, name):
    z = ndtri(scores(many, name))
    n = len(z)
    assert abs(z.mean()) < 4 / math.sqrt(n)
    assert abs(z.var() - 1) < 4 * math.sqrt(2 / n)
    assert abs((z**3).mean()) < 4 * math.sqrt(15 / n)


def test_parameters_are_independent(many):
    found = np.corrcoef([scores(many, name) for name in VARIED]) - np.eye(len(VARIED))
    assert np.abs(found).max() < 5 / math.sqrt(len(many))


def test_what_does_not_vary_is_the_records_value(many):
    for name in set(Parameters._fields) - set(VARIED):
        assert (many[name] == ADULTS[name].value).all()


def test_limits_of_the_records_are_kept(many):
    for name in VARIED:
        low, high = ADULTS[name].limits
        assert many[name].between(low, high).all()
        assert many[name].min() < low + 0.3 * (high - low)


@pytest.mark.parametrize("limits", [(None, 20), (10, None), (5, 8), (2.0, 60.0)])
def test_limits_of_the_count_truncate_its_distribution(limits):
    found = virtual_patients(n=4000, seed=1, platelets=limits)
    low, high = (own if asked is None else asked for asked, own in zip(limits, ADULTS["P0"].limits, strict=True))
    assert found["P0"].between(low, high).all()
    u = scores(found, "P0", (low, high))
    assert abs(np.median(u) - 0.5) < 0.05
    assert found.attrs["platelets"] == [low, high]


def test_a_higher_limit_raises_the_median():
    medians = [
        virtual_patients(n=2000, platelets=limits)["P0"].median() for limits in ((None, 10), (None, 20), (10, None))
    ]
    assert medians == sorted(medians)
    assert medians[0] < 10 < medians[2]


def test_every_patient_can_exist(many):
    assert (untreated(Parameters(**{name: many[name].to_numpy() for name in Parameters._fields})).KIMM >= 0).all()
    patient_table(many)


# --- impossible patients --------------------------------------------------------------------------------------------


#: Many of these could not hold their count.
POOR = {"platelets": (60, 100), "typical": {"EPS": 0.2}}


def test_impossible_patients_are_drawn_anew_and_the_others_stay():
    found = virtual_patients(n=300, seed=4, **POOR)
    low, high = (ndtr(math.log(end / 0.2) / ADULTS["EPS"].omega) for end in ADULTS["EPS"].limits)
    u = [low + stream("EPS", 300, seed=4, first=0, attempt=attempt) * (high - low) for attempt in range(40)]
    tried = 0.2 * np.exp(ADULTS["EPS"].omega * ndtri(u))
    attempt = np.isclose(found["EPS"].to_numpy(), tried, rtol=1e-12).argmax(axis=0)
    assert np.isclose(found["EPS"], tried[attempt, np.arange(300)], rtol=1e-12).all()
    assert 0.2 < (attempt > 0).mean() < 0.5
    assert (attempt > 1).any()
    every = virtual_patients(n=300, seed=4, platelets=(60, 100))  # these can all hold it
    assert np.array_equal(found["V1"] == every["V1"], attempt == 0)
    patient_table(found)


def test_impossible_patients_are_the_same_however_cut():
    whole = virtual_patients(n=200, seed=4, **POOR)
    parts = [virtual_patients(n=n, seed=4, first=first, **POOR) for first, n in ((0, 1), (1, 7), (8, 192))]
    assert_frame_equal(pd.concat(parts), whole, check_exact=True)


def test_a_population_of_impossible_patients_is_refused():
    with pytest.raises(InputError, match=r"of 20 patients cannot exist untreated.*EPS"):
        virtual_patients(n=20, platelets=(140, 150), typical={"EPS": 0.15})


def test_shares_that_sum_to_more_than_one_are_drawn_anew(tmp_path):
    found = virtual_patients(own(tmp_path, ('symbol   = "f_P"\n', 'symbol   = "f_P"\nlogit_sd = 1.0\n')), n=300)
    total = found["FP"] + found["FM"]
    assert found["FP"].nunique() == 300
    assert 0.9 < total.max() <= 1
    patient_table(found)


# --- stratified and Sobol -------------------------------------------------------------------------------------------


def test_stratified_draws_fill_every_stratum_once():
    n = 512
    found = virtual_patients(n=n, seed=6, sampling="stratified", platelets=(3, 10))
    for name in VARIED:
        limits = (3, 10) if name == "P0" else None
        assert np.array_equal(np.sort(np.floor(n * scores(found, name, limits))), np.arange(n))


def test_sobol_points_fill_every_cell_once():
    found = virtual_patients(n=1024, seed=6, sampling="sobol")
    for name in VARIED:
        assert np.array_equal(np.sort(np.floor(1024 * scores(found, name))), np.arange(1024))
    # The first two of the sequence fill the cells of a square too, which draws in strata do not.
    first, second = sorted(VARIED)[:2]
    cells = 32 * np.floor(32 * scores(found, first)) + np.floor(32 * scores(found, second))
    assert len(np.unique(cells)) == 1024


@pytest.mark.parametrize(("sampling", "gain"), [("stratified", 20), ("sobol", 20)])
def test_means_are_sharper_than_of_random_draws(sampling, gain):
    n = 1024
    off = [scores(virtual_patients(n=n, seed=s, sampling=sampling), "V1").mean() - 0.5 for s in range(8)]
    assert np.std(off) < 1 / math.sqrt(12 * n) / gain


def test_seeds_change_the_sobol_points():
    a, b = (virtual_patients(n=8, seed=seed, sampling="sobol")["V1"] for seed in (0, 1))
    assert (a != b).all()


# --- what may be asked for ------------------------------------------------------------------------------------------


def test_a_table_as_simulate_takes_it():
    found = virtual_patients("adult_chronic", 5, 7, first=10, platelets=(4, 20), weight_kg=82)
    assert list(found.columns) == list(Parameters._fields)
    assert found.index.tolist() == [10, 11, 12, 13, 14]
    assert found.index.name == "patient"
    assert (found["WT"] == 82).all()
    asked = {"first": 10, "of": 15, "platelets": [4.0, 20.0], "weight_kg": 82, "typical": {}, "spread": {}}
    assert found.attrs == {"population": "adult_chronic", "seed": 7, "sampling": "random", **asked}
    given = {key: value for key, value in found.attrs.items() if key != "population"}
    assert virtual_patients(found.attrs["population"], 5, **given).equals(found)


def test_a_count_without_spread_has_none(tmp_path):
    mine = tmp_path / "mine.toml"
    record = (
        '[P0]\nsymbol = "P_0"\nvalue = 9\nunit = "1e9/L"\nmeaning = "the patient\'s own untreated platelet count"\n'
    )
    record += 'evidence = "assumed"\nnote = "all alike"\nrange = [1, 150]\n'
    header = '[population]\nkey = "mine"\ntitle = "t"\ndescription = "d"\nbased_on = "adult_chronic"\n'
    mine.write_text(header + record)
    assert (virtual_patients(mine, 50)["P0"] == 9).all()
    assert virtual_patients(mine, 50, platelets=(5, 20))["P0"].nunique() == 50


def test_weights_between_limits_are_spread():
    weights = virtual_patients(n=2000, weight_kg=(50, 100))["WT"]
    assert weights.between(50, 100).all()
    assert weights.quantile(0.1) < 60
    assert weights.quantile(0.9) > 85


def test_other_medians_move_the_whole_distribution():
    usual, moved = virtual_patients(n=500), virtual_patients(n=500, typical={"V1": 0.05, "P0": 20})
    ratio = moved["V1"] / usual["V1"]
    assert ratio.quantile([0.25, 0.75]).to_numpy() == pytest.approx(0.05 / ADULTS["V1"].value, rel=1e-3)
    assert moved["P0"].median() > usual["P0"].median()
    assert virtual_patients(n=3, typical={"KACT": 0.02})["KACT"].tolist() == [0.02] * 3


def test_other_spreads_leave_the_draws_in_their_order():
    usual = virtual_patients(n=4000, seed=2)
    wider = virtual_patients(n=4000, seed=2, spread={"V1": 0.05, "FIND": 0.5, "EPS": 0.0, "KACT": 0.2})
    assert np.log(wider["V1"]).std() == pytest.approx(0.05, rel=0.05)
    assert logit(wider["FIND"]).std() == pytest.approx(0.5, rel=0.05)
    assert wider["EPS"].nunique() == 1 and wider["KACT"].nunique() == 4000
    assert (np.argsort(wider["V1"]) == np.argsort(usual["V1"])).all()
    rest = [name for name in Parameters._fields if name not in {"V1", "FIND", "EPS", "KACT"}]
    assert_frame_equal(wider[rest], usual[rest], check_exact=True)


@pytest.mark.parametrize(
    ("spread", "told"),
    [
        ({"V1": -0.1}, "spread V1 is -0.1"),
        ({"V1": 11}, "spread V1 is 11: give a number from 0 to 10"),
        ({"FIND": 6}, "spread FIND is 6: give a number from 0 to 5"),
        ({"KREM": 0.5}, "spread KREM: its median is 0"),
        ({"V": 0.1}, "no parameter 'V'"),
        (0.1, "spread is 0.1: give spreads by name"),
    ],
)
def test_bad_spreads_are_refused(spread, told):
    with pytest.raises(InputError, match=told):
        virtual_patients(n=3, spread=spread)


def test_a_log_normal_parameter_may_be_limited_by_zero(tmp_path):
    path = own(tmp_path, ("range    = [0, 0.3]\n", "range    = [0, 0.3]\ncv       = 0.5\n"))
    found = virtual_patients(path, n=500, seed=1)
    assert found["KACT"].nunique() == 500
    assert abs(np.log(found["KACT"] / ADULTS["KACT"].value).mean()) < 0.1


BAD = [
    ({"n": 0}, "n is 0"),
    ({"n": 10**9}, "n is 1000000000"),
    ({"n": 2.5}, "n is 2.5"),
    ({"n": "10"}, "n is '10'"),
    ({"n": True}, "n is True"),
    ({"n": math.nan}, "n is nan"),
    ({"seed": -1}, "seed is -1"),
    ({"seed": 2**63}, "seed is"),
    ({"seed": None}, "seed is None"),
    ({"first": -1}, "first is -1"),
    ({"first": 10**40}, "first is"),
    ({"first": 5, "of": 7}, "of is 7"),
    ({"sampling": "sobol", "first": 2**30}, "first is"),
    ({"sampling": "lhs"}, "no sampling 'lhs'"),
    ({"sampling": None}, "sampling is None"),
    ({"population": "adults_chronic"}, "did you mean 'adult_chronic'"),
    ({"population": "none.toml"}, "none.toml"),
    ({"population": 3}, "population is 3"),
    ({"platelets": (20, 5)}, "platelets leaves nobody between 20 and 5"),
    ({"platelets": (20, 20)}, "leaves nobody"),
    ({"platelets": (None, 1e6)}, "platelets highest is 1e+06"),
    ({"platelets": (math.nan, 20)}, "platelets lowest is nan"),
    ({"platelets": 12}, "platelets is 12: give (lowest, highest)"),
    ({"platelets": (1, 2, 3)}, "give (lowest, highest)"),
    ({"platelets": ("3", 20)}, "platelets lowest is '3'"),
    ({"weight_kg": 0}, "weight_kg is 0"),
    ({"weight_kg": "70"}, "weight_kg is '70'"),
    ({"weight_kg": (100, 50)}, "weight_kg leaves nobody"),
    ({"weight_kg": [50]}, "give (lowest, highest)"),
    ({"typical": {"EPSS": 2}}, "did you mean 'EPS'"),
    ({"typical": {"P0": -1}}, "typical P0 is -1"),
    ({"typical": {"P0": "20"}}, "typical P0 is '20'"),
    ({"typical": 20}, "typical is 20"),
    ({"typical": ["P0"]}, "typical is ['P0']"),
]


@pytest.mark.parametrize(("asked", "told"), BAD, ids=[f"{next(iter(asked))}-{i}" for i, (asked, _) in enumerate(BAD)])
def test_bad_input_is_refused_at_once(asked, told):
    virtual_patients(n=1)
    started = time.process_time()
    with pytest.raises(InputError) as caught:
        virtual_patients(**({"n": 10} | asked))
    assert time.process_time() - started < 0.05
    assert told in str(caught.value)
    if "did you mean" in told:
        assert isinstance(caught.value, UnknownNameError)


# --- parameters that go together ------------------------------------------------------------------------------------

TOGETHER = """
[[correlations]]
between = ["{0}", "{1}"]
value = {2}
evidence = "assumed"
note = "for a test"
"""


def declared(tmp_path, *pairs):
    return own(tmp_path, more="".join(TOGETHER.format(*pair) for pair in pairs))


def test_packaged_files_declare_no_correlation():
    assert [correlations(name) for name in itp.populations()] == [()] * len(itp.populations())


def test_correlations_are_those_declared_and_nothing_else_moves(tmp_path):
    n = 20_000
    usual = virtual_patients(n=n, seed=9, platelets=(3, 10))
    path = declared(tmp_path, ("CL", "V1", 0.6), ("V1", "FIND", -0.4))
    found = virtual_patients(path, n=n, seed=9, platelets=(3, 10))
    z = {name: ndtri(scores(found, name)) for name in ("CL", "V1", "FIND", "KE0")}
    r = np.corrcoef(list(z.values()))
    expected = np.array([[1, 0.6, 0, 0], [0.6, 1, -0.4, 0], [0, -0.4, 1, 0], [0, 0, 0, 1]])
    assert r == pytest.approx(expected, abs=4 / math.sqrt(n))
    for name in ("CL", "V1", "FIND"):
        assert kstest(scores(found, name), "uniform").statistic < 1.95 / math.sqrt(n)
    moved = {name for name in VARIED if not np.array_equal(found[name], usual[name])}
    assert moved == {"V1", "FIND"}  # CL comes first and keeps its own draws


def test_correlated_patients_may_be_cut_anywhere(tmp_path):
    path = declared(tmp_path, ("CL", "V1", 0.6), ("CL", "KE0", 0.3), ("V1", "FIND", -0.4))
    whole = virtual_patients(path, n=1000, seed=9)
    parts = [virtual_patients(path, n=n, seed=9, first=first) for first, n in ((0, 1), (1, 7), (8, 992))]
    assert_frame_equal(pd.concat(parts), whole, check_exact=True)


def test_a_parameter_given_one_value_leaves_its_partners_alone(tmp_path):
    path = own(
        tmp_path,
        ("range    = [2, 300]\n", "range    = [2, 300]\ncv       = 0.2\n"),
        more=TOGETHER.format("WT", "CL", 0.7),
    )
    usual, together, fixed = (
        virtual_patients(*where, n=500, seed=1, **what)
        for where, what in (((), {}), ((path,), {}), ((path,), {"weight_kg": 70}))
    )
    assert np.corrcoef(together["WT"], together["CL"])[0, 1] > 0.6
    assert_frame_equal(fixed, usual.assign(WT=70.0), check_exact=True)


IMPOSSIBLE = [
    ([("CL", "KA", 0.5)], "no entry 'KA'"),
    ([("CL", "Q", 0.5)], "no entry 'Q'"),  # Q does not vary
    ([("CL", "CL", 0.5)], "write two names"),
    ([("CL", "V1", 1.0)], "value is 1"),
    ([("CL", "V1", "nan")], "value is nan"),
    ([("CL", "V1", '"high"')], "value is 'high'"),
    ([("CL", "V1", 0.5), ("V1", "CL", 0.5)], "[[correlations]] 2 is a second one between V1 and CL"),
    ([("CL", "V1", 0.9), ("V1", "KE0", 0.9), ("CL", "KE0", -0.9)], "cannot all be true together"),
]


@pytest.mark.parametrize(("pairs", "told"), IMPOSSIBLE)
def test_impossible_correlations_are_refused(tmp_path, pairs, told):
    path = declared(tmp_path, *pairs)
    with pytest.raises(ParameterFileError) as caught:
        correlations(path)
    assert told in str(caught.value)
    assert "own.toml, [[correlations]]" in str(caught.value)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("[correlations]\nCL = 0.5\n", "write [[correlations]] for each pair"),
        ('[[correlations]]\nbetween = ["CL", "V1"]\nvalue = 0.5\nevidence = "measured"\n', "has no source"),
        ('[[correlations]]\nbetween = ["CL", "V1"]\nvalue = 0.5\nevidence = "assumed"\n', "has no note"),
        ('[[correlations]]\nbetween = ["CL", "V1"]\nevidence = "assumed"\nnote = "x"\n', "lacks value"),
        (
            '[[correlations]]\nbetween = ["CL", "V1", "KE0"]\nvalue = 0.1\nevidence = "assumed"\nnote = "x"\n',
            "two names",
        ),
        ('[[correlations]]\nbetween = "CL"\nvalue = 0.1\nevidence = "assumed"\nnote = "x"\n', "two names"),
        ('[[correlations]]\nbetwen = ["CL", "V1"]\nvalue = 0.1\nevidence = "assumed"\nnote = "x"\n', "'between'"),
    ],
)
def test_a_correlation_is_a_record(tmp_path, more, told):
    with pytest.raises(ParameterFileError) as caught:
        correlations(own(tmp_path, more=more))
    assert told in str(caught.value)
