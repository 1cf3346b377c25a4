"""Laws of the equations: steady state, balances, switches, monotone mechanisms, one text for every kind of number."""

import ast
import inspect
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from itp_sim import equations as eq

#: Plausible and somewhat beyond, for every parameter; FP is a share of what FM leaves.
BOX: dict[str, tuple[float, float]] = {
    "WT": (3.0, 150.0),
    "P0": (1.0, 400.0),
    "IGG0": (2.0, 30.0),
    "CL": (0.001, 0.01),
    "V1": (0.02, 0.1),
    "Q": (0.002, 0.06),
    "V2": (0.02, 0.1),
    "fcrn_effect": (0.0, 6.0),
    "KM": (3.0, 50.0),
    "fcrn_block": (0.0, 0.0),  # starts on day 0, as does fcgr_block; both have tests of their own
    "KACT": (0.0, 0.3),
    "KE0": (0.1, 10.0),
    "IC50": (0.5, 20.0),
    "GAMMA": (0.5, 8.0),
    "blockade_effect": (0.0, 1.0),
    "fcgr_block": (0.0, 0.0),
    "FIND": (0.0, 1.0),
    "HA": (0.0, 3.0),
    "KREM": (0.0, 0.0),  # chronic; remission has a test of its own
    "FSPL": (0.0, 1.0),
    "spleen": (0.0, 1.0),
    "PHI": (0.0, 0.8),
    "PN": (150.0, 400.0),
    "TL": (5.0, 15.0),
    "JH": (0.0, 15.0),
    "KH": (1.0, 40.0),
    "EPS": (0.15, 5.0),
    "MTT": (2.0, 10.0),
    "GTPO": (0.0, 6.0),
    "KTPO": (0.1, 3.0),
    "FP": (0.0, 1.0),
    "FM": (0.0, 0.98),
    "tpo_feedback": (0.0, 1.0),
}
#: States of an untreated patient that are not zero.
BASE = [name for name in eq.State._fields if name.startswith(("IGG", "AB", "TPO", "MK", "PLT"))]


def within(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_subnormal=False)


def needed(p: eq.Parameters) -> float:
    """Share of the release that age and haemostatic use alone take; above one no patient can hold the count."""
    N, a = p.P0 / (1 - p.PHI), eq.ageing(p)
    release = eq.healthy_production(p) * p.EPS * eq.untreated_tpo(p) ** p.GTPO
    return N * a / (release * eq.survival(a / (a + eq.haemostatic_use(N, p))))


@st.composite
def patients(draw: st.DrawFn, *, possible: bool = True, **fixed: float) -> eq.Parameters:
    """A patient from anywhere in the box, with some parameters held and a count that release can hold."""
    values = {name: fixed[name] if name in fixed else draw(within(*BOX[name])) for name in eq.Parameters._fields}
    values["FP"] *= 0.995 - values["FM"]
    p = eq.Parameters(**values)
    while possible and needed(p) > 1:
        assume(p.P0 > BOX["P0"][0])
        p = p._replace(P0=max(BOX["P0"][0], p.P0 / 2))
    return p


@st.composite
def states(draw: st.DrawFn) -> eq.State:
    """Any state with positive values: IgG up to 60 g/L, platelets up to 100e9/L an age."""
    return eq.State(*(draw(within(1e-3, 100.0 if name.startswith("PLT") else 60.0)) for name in eq.State._fields))


def random_patients(n: int, seed: int) -> list[eq.Parameters]:
    rng = np.random.default_rng(seed)
    rows: list[eq.Parameters] = []
    while len(rows) < n:
        values = {name: float(rng.uniform(*BOX[name])) for name in eq.Parameters._fields}
        values["P0"] = float(np.exp(rng.uniform(0, math.log(400))))
        values["FP"] *= 0.995 - values["FM"]
        if needed(p := eq.Parameters(**values)) <= 1:
            rows.append(p)
    return rows


def fields(state: eq.State, prefix: str) -> list[Any]:
    return [x for name, x in state._asdict().items() if name.startswith(prefix)]


#: For laws over whole states, which take long to draw: a third of the usual examples.
third = settings(max_examples=settings.default.max_examples // 3)

MIDDLE = eq.Parameters(**{name: (low + high) / 2 for name, (low, high) in BOX.items()})
PATIENT = MIDDLE._replace(FP=0.5, FM=0.4, P0=12.0)


# --- the untreated steady state -----------------------------------------------------------------------------------


@given(patients(spleen=1.0))
@example(PATIENT._replace(spleen=1.0, P0=1.0, EPS=5.0, GTPO=6.0, FM=0.0))
@example(PATIENT._replace(spleen=1.0, P0=400.0, EPS=5.0, GTPO=0.0, FM=0.0, FP=0.99))
@example(PATIENT._replace(spleen=1.0, P0=1.0, EPS=0.15, GTPO=0.0, JH=1.0))
@example(PATIENT._replace(spleen=1.0, P0=1.0, FM=0.001, FP=0.994, GTPO=6.0))
def test_untreated_patient_is_at_rest(p: eq.Parameters) -> None:
    u = eq.untreated(p)
    s = eq.baseline(p, u)
    rates = eq.rhs(s, p, u, 0.0)
    a, ktr, N = eq.ageing(p), eq.marrow_transit(p), eq.all_platelets(s)
    turnover = {
        "IGG1": (p.CL + p.Q) / p.V1,
        "IGG2": p.Q / p.V2,
        "TPO": p.KTPO / s.TPO * (1 + p.FM + p.FP * p.P0 / p.PN),
    }
    turnover |= {name: ktr for name in BASE if name.startswith("MK")}
    turnover |= {name: a + abs(u.KIMM) + eq.haemostatic_use(N, p) for name in BASE if name.startswith("PLT")}
    for name, x in s._asdict().items():
        # The youngest platelets weigh in: production is a difference from their loss.
        size = max(x, s.PLT1) if name.startswith("PLT") else x
        assert abs(getattr(rates, name)) <= 1e-13 * size * turnover.get(name, 0.0), name
    assert min(s) >= 0
    assert all(getattr(s, name) > 0 for name in BASE)


@given(patients())
@example(PATIENT._replace(P0=1.0, FM=0.0, FP=0.995, GTPO=6.0))
@example(PATIENT._replace(P0=1.0, FM=1e-6, FP=0.99, GTPO=6.0))
def test_closed_form_solves_its_equations(p: eq.Parameters) -> None:
    """Newton's iterations have converged: the implicit equations hold to rounding."""
    u = eq.untreated(p)
    MK = eq.megakaryocyte_input(u.TPO0, p)
    assert u.TPO0 * eq.tpo_removal(p.P0, MK, p) == pytest.approx(1, rel=1e-13)
    N, a = p.P0 / (1 - p.PHI), eq.ageing(p)
    r = a / (a + u.KIMM + eq.haemostatic_use(N, p))
    assert u.QN * p.EPS * MK / a * sum(r**j for j in range(1, 11)) == pytest.approx(N, rel=1e-12)
    Nn = p.PN / (1 - p.PHI)
    rn = a / (a + eq.haemostatic_use(Nn, p))
    assert u.QN / a * sum(rn**j for j in range(1, 11)) == pytest.approx(Nn, rel=1e-12)


@given(patients(spleen=1.0))
def test_baseline_has_the_patients_own_count_and_igg(p: eq.Parameters) -> None:
    u = eq.untreated(p)
    s = eq.baseline(p, u)
    seen = eq.outputs(s, p, u)
    assert seen.platelets == pytest.approx(p.P0, rel=1e-12)
    assert seen.igg == p.IGG0
    assert seen.autoantibody == 1
    assert seen.blockade == seen.infused_igg == 0
    assert seen.tpo == u.TPO0


@given(patients(possible=False))
@example(PATIENT._replace(P0=400.0, EPS=0.15, GTPO=6.0, FM=0.0, FP=0.99))
def test_a_count_that_release_cannot_hold_shows_as_negative_clearance(p: eq.Parameters) -> None:
    """Newton's iterations may stop early here, but never on the wrong side."""
    assume(abs(needed(p) - 1) > 1e-9)
    assert (eq.untreated(p).KIMM < 0) == (needed(p) > 1)


@given(patients(EPS=1.0))
def test_a_healthy_count_with_healthy_release_needs_no_immune_clearance(p: eq.Parameters) -> None:
    p = p._replace(P0=p.PN)
    u = eq.untreated(p)
    assert u.TPO0 == pytest.approx(1, rel=1e-13)
    assert u.KIMM == pytest.approx(0, abs=1e-12)


def test_untreated_state_agrees_with_thirty_digits() -> None:
    """The same lines on numbers of 30 digits: what floats lose on the way stays at rounding."""
    for p in random_patients(20, seed=11):
        exact = eq.untreated(eq.Parameters(*(sympy.Float(x, 30) for x in p)))
        u = eq.untreated(p)
        loss = abs(u.KIMM) + eq.haemostatic_use(p.P0 / (1 - p.PHI), p) + eq.ageing(p)
        assert u.QN == pytest.approx(float(exact.QN), rel=1e-13)
        assert u.TPO0 == pytest.approx(float(exact.TPO0), rel=1e-13)
        assert u.KIMM == pytest.approx(float(exact.KIMM), abs=1e-13 * loss)


@given(patients(), within(1.01, 3.0))
def test_more_production_at_the_same_count_means_more_clearance(p: eq.Parameters, factor: float) -> None:
    assert eq.untreated(p._replace(EPS=p.EPS * factor)).KIMM > eq.untreated(p).KIMM


@given(patients(), within(1.01, 3.0))
def test_a_lower_count_means_more_thrombopoietin(p: eq.Parameters, factor: float) -> None:
    assume(p.FP > 0.01)
    assert eq.untreated(p._replace(P0=p.P0 / factor)).TPO0 > eq.untreated(p).TPO0


def test_survival_is_the_sum_of_powers_and_its_slope() -> None:
    r = sympy.Symbol("r")
    assert sympy.expand(eq.survival(r) - sum(r**j for j in range(1, 11))) == 0
    assert sympy.expand(eq.survival_slope(r) - sympy.diff(eq.survival(r), r)) == 0


# --- what the rates mean ------------------------------------------------------------------------------------------


@given(patients())
def test_a_platelet_that_is_only_ageing_lives_its_lifespan(p: eq.Parameters) -> None:
    """Held platelets over production is the mean life (Little's law); ten ages have it exactly."""
    a = eq.ageing(p)
    assert eq.survival(1.0) / a == pytest.approx(p.TL)


@given(patients())
def test_marrow_takes_its_mean_transit_time(p: eq.Parameters) -> None:
    assert len(fields(eq.State(*range(len(eq.State._fields))), "MK")) / eq.marrow_transit(p) == pytest.approx(p.MTT)


@given(patients())
def test_igg_is_cleared_at_cl_when_untreated_and_more_above(p: eq.Parameters) -> None:
    assert eq.igg_elimination(p.IGG0, p) * p.V1 == pytest.approx(p.CL)
    high = eq.igg_elimination(1e9, p) * p.V1
    assert high == pytest.approx(p.CL * (1 + p.fcrn_effect), rel=1e-6)
    midway = eq.igg_elimination(2 * p.IGG0 + p.KM, p) * p.V1
    assert midway == pytest.approx(p.CL * (1 + p.fcrn_effect / 2))


@given(patients())
def test_half_is_blocked_at_ic50(p: eq.Parameters) -> None:
    assert eq.blockade(p.IC50, p) == pytest.approx(p.blockade_effect / 2)
    assert eq.blockade(1e6 * p.IC50, p) == pytest.approx(p.blockade_effect, rel=2e-3)
    x = eq.blockade(2 * p.IC50, p._replace(blockade_effect=1.0))
    assert math.log2(x / (1 - x)) == pytest.approx(p.GAMMA)


@given(patients(fcrn_block=1.0), within(0.0, 100.0))
def test_without_recycling_igg_is_lost_at_the_same_rate_at_every_level(p: eq.Parameters, C: float) -> None:
    assert eq.igg_elimination(C, p) == pytest.approx(p.CL / p.V1 * (1 + p.fcrn_effect))


@given(patients(), within(0.0, 100.0), within(0.0, 1.0))
def test_another_drug_blocks_its_share_of_what_infused_igg_leaves(p: eq.Parameters, CE: float, share: float) -> None:
    left = 1 - eq.blockade(CE, p._replace(fcgr_block=share))
    assert left == pytest.approx((1 - share) * (1 - eq.blockade(CE, p)), abs=1e-15)


@given(patients(), within(-1e-12, 0.0))
def test_rounding_below_zero_blocks_nothing_and_stays_real(p: eq.Parameters, CE: float) -> None:
    blocked = eq.blockade(CE, p)
    assert isinstance(blocked, float)
    assert 0 <= blocked <= eq.blockade(-CE, p) + 1e-300


# --- balances -----------------------------------------------------------------------------------------------------


@third
@given(patients(), states(), within(0.0, 5000.0))
def test_infused_igg_is_in_the_body_or_eliminated(p: eq.Parameters, s: eq.State, infusion: float) -> None:
    d = eq.rhs(s, p, eq.untreated(p), infusion)
    parts = [p.V1 * p.WT * d.IVIG1, p.V2 * p.WT * d.IVIG2, d.OUT]
    flows = [infusion, d.OUT, p.WT * p.Q * s.IVIG1, p.WT * p.Q * s.IVIG2]
    assert abs(math.fsum(parts) - infusion) <= 1e-15 * 4 * max(flows)


@given(patients(), states())
def test_infused_igg_is_counted_in_plasma_in_tissue_and_eliminated(p: eq.Parameters, s: eq.State) -> None:
    parts = [s.IVIG1 * p.V1 * p.WT, s.IVIG2 * p.V2 * p.WT, s.OUT]
    assert eq.infused_so_far(s, p) == pytest.approx(math.fsum(parts), rel=1e-14)


@third
@given(patients(), states())
def test_platelets_change_by_production_less_every_loss(p: eq.Parameters, s: eq.State) -> None:
    u = eq.untreated(p)
    d, seen = eq.rhs(s, p, u, 0.0), eq.outputs(s, p, u)
    losses = [seen.spleen_clearance, seen.liver_clearance, seen.haemostatic_use, seen.senescence]
    flows = [seen.production, *map(abs, losses), eq.ageing(p) * eq.all_platelets(s)]
    assert abs(math.fsum(fields(d, "PLT")) - (seen.production - math.fsum(losses))) <= 1e-14 * max(flows)


@third
@given(patients(), states())
def test_own_igg_is_made_at_the_untreated_rate(p: eq.Parameters, s: eq.State) -> None:
    d = eq.rhs(s, p, eq.untreated(p), 0.0)
    eliminated = eq.igg_elimination(s.IVIG1 + s.IGG1, p) * s.IGG1 * p.V1
    flows = [p.CL * p.IGG0, eliminated, p.Q * s.IGG1, p.Q * s.IGG2]
    assert abs(p.V1 * d.IGG1 + p.V2 * d.IGG2 - (p.CL * p.IGG0 - eliminated)) <= 1e-14 * max(flows)


@third
@given(patients(), states())
def test_potency_is_lost_everywhere_at_one_rate(p: eq.Parameters, s: eq.State) -> None:
    """Active IgG follows infused IgG but for its loss of potency."""
    u = eq.untreated(p)
    alike = s._replace(ACT1=s.IVIG1, ACT2=s.IVIG2)
    d = eq.rhs(alike, p, u, 30.0)
    size = 1 + max(s.IVIG1, s.IVIG2) * (p.Q / min(p.V1, p.V2) + abs(eq.igg_elimination(eq.total_igg(s), p)))
    size += 30 / (p.V1 * p.WT)
    assert d.IVIG1 - d.ACT1 == pytest.approx(p.KACT * s.IVIG1, abs=1e-13 * size)
    assert d.IVIG2 - d.ACT2 == pytest.approx(p.KACT * s.IVIG2, abs=1e-13 * size)


@third
@given(patients(fcrn_block=0.3, fcgr_block=0.6), states(), within(0.0, 5000.0))
def test_rates_agree_with_the_matrix_form(p: eq.Parameters, s: eq.State, infusion: float) -> None:
    """The model once more, as matrices on the prototype's quantities: a slip in one row cannot hide."""
    u = eq.untreated(p)
    d = eq.rhs(s, p, u, infusion)
    k12, k21, FCR0 = p.Q / p.V1, p.Q / p.V2, p.CL / p.V1
    kup = 1 + p.fcrn_effect
    C = s.IVIG1 + s.IGG1
    f = FCR0 * (kup - (1 - p.fcrn_block) * (kup - 1) * (p.KM + p.IGG0) / (p.KM + C))
    # There, tissue IgG was counted per litre of plasma.
    tissue = np.diag([1.0, p.V2 / p.V1])
    transfer = np.linalg.inv(tissue) @ np.array([[-k12, k21], [k12, -k21]]) @ tissue
    R = np.array([infusion / (p.V1 * p.WT), 0.0])
    infused = transfer @ [s.IVIG1, s.IVIG2] - [f * s.IVIG1, 0] + R
    active = transfer @ [s.ACT1, s.ACT2] - [f * s.ACT1, 0] - p.KACT * np.array([s.ACT1, s.ACT2]) + R
    own = transfer @ [s.IGG1, s.IGG2] - [f * s.IGG1, 0] + [FCR0 * p.IGG0, 0]

    left = (1 - p.fcgr_block) * (1 - p.blockade_effect / (1 + (p.IC50 / s.CE) ** p.GAMMA))
    N = np.array(fields(s, "PLT"))
    immune = u.KIMM * (s.AB * s.IGG1 / p.IGG0) ** p.HA * (p.FIND + left - p.FIND * left)
    k = immune * (1 - p.FSPL + p.spleen * p.FSPL) + p.JH / (N.sum() + p.KH)
    a, b = 10 / p.TL, 6 / p.MTT
    M = np.array(fields(s, "MK"))
    marrow = b * (np.concatenate([[s.TPO**p.GTPO], M[:-1]]) - M)
    ages = np.concatenate([[u.QN * p.EPS * M[-1]], a * N[:-1]]) - (a + k) * N
    P = N.sum() / (1 + p.spleen * p.PHI / (1 - p.PHI))
    sensed = p.tpo_feedback * P + (1 - p.tpo_feedback) * p.P0
    tpo = p.KTPO * (1 - s.TPO * (1 + p.FP * (sensed / p.PN - 1) + p.FM * (M.mean() - 1)))
    out = f * s.IVIG1 * p.V1 * p.WT
    expected = [*infused, *active, p.KE0 * (s.ACT1 - s.CE), *own, out, -p.KREM * s.AB, tpo, *marrow, *ages]
    size = [1 + abs(x) + y * 100 for x, y in zip(expected, s, strict=True)]
    size[0] += R[0]
    assert (np.abs(np.array(d) - expected) <= 1e-12 * np.array(size) * (1 + abs(u.KIMM))).all()


# --- mechanisms switched off --------------------------------------------------------------------------------------


@third
@given(patients(fcrn_effect=0.0), states(), states(), within(0.0, 5000.0))
def test_without_fcrn_own_igg_stays_and_infused_igg_is_linear(
    p: eq.Parameters, s: eq.State, more: eq.State, infusion: float
) -> None:
    u = eq.untreated(p)
    treated = eq.rhs(s._replace(IGG1=p.IGG0, IGG2=p.IGG0), p, u, infusion)
    # To rounding: clearance of what is there against what is made.
    assert abs(treated.IGG1) <= 1e-15 * p.CL / p.V1 * p.IGG0
    assert treated.IGG2 == 0
    igg = slice(0, 5)
    both = eq.State(*(x + y for x, y in zip(s, more, strict=True)))
    sums = np.add(eq.rhs(s, p, u, infusion)[igg], eq.rhs(more, p, u, 2 * infusion)[igg])
    size = infusion / (p.V1 * p.WT) + 100 * (p.CL + p.Q) / min(p.V1, p.V2) + 100 * (p.KACT + p.KE0)
    assert np.abs(np.array(eq.rhs(both, p, u, 3 * infusion)[igg]) - sums).max() <= 1e-13 * size


@third
@given(patients(blockade_effect=0.0, fcrn_effect=0.0, spleen=1.0), states(), within(0.0, 5000.0))
def test_without_blockade_and_fcrn_igg_does_not_touch_platelets(p: eq.Parameters, s: eq.State, infusion: float) -> None:
    u = eq.untreated(p)
    rest = eq.baseline(p, u)
    treated = eq.State(*s[:5], *rest[5:])
    assert eq.rhs(treated, p, u, infusion)[8:] == eq.rhs(rest, p, u, 0.0)[8:]


@third
@given(patients(blockade_effect=0.0), states(), within(0.0, 50.0))
def test_without_blockade_only_autoantibody_matters(p: eq.Parameters, s: eq.State, CE: float) -> None:
    u = eq.untreated(p)
    seen = eq.outputs(s._replace(CE=CE), p, u)
    assert seen.blockade == 0
    assert seen.liver_clearance == pytest.approx(
        (1 - p.FSPL) * u.KIMM * (s.AB * s.IGG1 / p.IGG0) ** p.HA * eq.all_platelets(s), rel=1e-12
    )


@third
@given(patients(tpo_feedback=0.0), states())
def test_without_feedback_thrombopoietin_does_not_see_the_count(p: eq.Parameters, s: eq.State) -> None:
    u = eq.untreated(p)
    rest = eq.baseline(p, u)
    risen = rest._replace(**{name: x for name, x in s._asdict().items() if name.startswith("PLT")})
    d = eq.rhs(risen, p, u, 0.0)
    assert d.TPO == eq.rhs(rest, p, u, 0.0).TPO
    assert abs(d.TPO) <= 1e-13 * p.KTPO


@third
@given(patients(spleen=0.0), states())
def test_without_spleen_nothing_is_cleared_or_pooled_there(p: eq.Parameters, s: eq.State) -> None:
    u = eq.untreated(p)
    seen = eq.outputs(s, p, u)
    assert seen.spleen_clearance == 0
    assert seen.platelets == pytest.approx(eq.all_platelets(s), rel=1e-15)
    assert eq.outputs(eq.baseline(p, u), p, u).platelets == pytest.approx(p.P0, rel=1e-12)


@given(patients())
def test_removing_the_spleen_changes_the_steady_state_of_nobody_before_day_0(p: eq.Parameters) -> None:
    assert eq.untreated(p) == eq.untreated(p._replace(spleen=1.0))


# --- monotone mechanisms ------------------------------------------------------------------------------------------


Law = Callable[[float, eq.Parameters], float]
STEADY = eq.Untreated(40.0, 1.2, 4.0)
RISING: dict[str, tuple[Law, float]] = {
    "elimination with IgG": (eq.igg_elimination, 100.0),
    "blockade with IgG at the phagocytes": (eq.blockade, 30.0),
    "clearance with autoantibody": (lambda x, p: eq.immune_clearance(0.5, x, p, STEADY), 2.0),
    "clearance with receptors left": (
        lambda x, p: eq.immune_clearance(1 - x, 1.0, p, STEADY),
        1.0,
    ),
    "spleen with its rate": (eq.spleen_clearance, 50.0),
    "liver with its rate": (eq.liver_clearance, 50.0),
    "all haemostatic use with platelets": (lambda x, p: x * eq.haemostatic_use(x, p), 500.0),
    "haemostatic use per platelet with fewer": (lambda x, p: eq.haemostatic_use(500 - x, p), 500.0),
    "removal of thrombopoietin with platelets": (lambda x, p: eq.tpo_removal(x, 1.0, p), 500.0),
    "removal of thrombopoietin with megakaryocytes": (lambda x, p: eq.tpo_removal(12.0, x, p), 10.0),
    "megakaryocytes with thrombopoietin": (eq.megakaryocyte_input, 30.0),
    "release with megakaryocytes": (lambda x, p: eq.platelet_release(x, p, STEADY), 10.0),
    "circulating share with less pooling": (lambda x, p: eq.circulating_share(p._replace(PHI=0.8 * (1 - x))), 1.0),
    "circulating share with less spleen": (lambda x, p: eq.circulating_share(p._replace(spleen=1 - x)), 1.0),
}


@pytest.mark.parametrize("law", RISING)
@third
@given(p=patients(), x=within(0.0, 1.0), y=within(0.0, 1.0))
def test_mechanism_is_monotone(law: str, p: eq.Parameters, x: float, y: float) -> None:
    value, top = RISING[law]
    low, high = sorted((x * top, y * top))
    assert value(low, p) <= value(high, p) + 1e-13 * abs(value(high, p))
    # Strict over the whole range, in a patient with every mechanism on.
    assert value(0.0, PATIENT) < value(top, PATIENT)


@given(patients(), within(0.0, 1.0), within(0.1, 2.0))
def test_blockade_leaves_the_part_that_needs_no_receptor(p: eq.Parameters, blocked: float, A: float) -> None:
    u = eq.Untreated(40.0, 1.2, 4.0)
    free, all_blocked = eq.immune_clearance(0.0, A, p, u), eq.immune_clearance(1.0, A, p, u)
    assert all_blocked == pytest.approx(p.FIND * free, abs=1e-14)
    assert eq.immune_clearance(blocked, A, p, u) == pytest.approx(free + blocked * (all_blocked - free), rel=1e-12)


# --- one text for every kind of number ----------------------------------------------------------------------------


def test_arrays_of_patients_give_what_each_patient_gives() -> None:
    people = random_patients(50, seed=3)
    p = eq.Parameters(*map(np.array, zip(*people, strict=True)))
    u = eq.untreated(p)
    s = eq.State(*(x * (1 + 0.01 * i) + 0.1 for i, x in enumerate(eq.baseline(p, u))))
    d, seen = eq.rhs(s, p, u, 14.0), eq.outputs(s, p, u)
    for i, one in enumerate(people):
        ui = eq.untreated(one)
        si = eq.State(*(float(x[i]) for x in s))
        assert np.allclose([x[i] for x in u], ui, rtol=1e-12, atol=1e-12)
        ui = eq.Untreated(*(float(x[i]) for x in u))
        assert np.allclose([x[i] for x in d], eq.rhs(si, one, ui, 14.0), rtol=1e-12, atol=1e-12)
        assert np.allclose([np.broadcast_to(x, 50)[i] for x in seen], eq.outputs(si, one, ui), rtol=1e-13, atol=1e-13)
    assert all(np.shape(x) == (50,) for x in (*u, *s, *d))


def test_symbols_give_what_numbers_give() -> None:
    s, p, u = (
        form(*(sympy.Symbol(f"{form.__name__}_{name}", positive=True) for name in form._fields))
        for form in (eq.State, eq.Parameters, eq.Untreated)
    )
    symbols = [*s, *p, *u]
    rows = sympy.lambdify([symbols], [*eq.rhs(s, p, u, 14), *eq.outputs(s, p, u)], "math", cse=True)
    for one in random_patients(20, seed=4):
        steady = eq.untreated(one)
        state = eq.State(*(x * 1.1 + 0.1 for x in eq.baseline(one, steady)))
        expected = [*eq.rhs(state, one, steady, 14.0), *eq.outputs(state, one, steady)]
        assert np.allclose(rows([*state, *one, *steady]), expected, rtol=1e-10, atol=1e-10)


# --- plain arithmetic ---------------------------------------------------------------------------------------------


STATEMENTS = (ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.Expr, ast.For)
ARITHMETIC = (ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.UnaryOp, ast.USub)
VALUES = (ast.Name, ast.Load, ast.Store, ast.Attribute, ast.Constant, ast.Call, ast.keyword, ast.Tuple, ast.Starred)


def equation_functions() -> list[Callable[..., Any]]:
    """Functions of quantities; a function of a type only describes them."""
    found = [f for _, f in inspect.getmembers(eq, inspect.isfunction) if f.__module__ == eq.__name__]
    return [f for f in found if type not in inspect.get_annotations(f).values()]


def beyond_arithmetic(source: str, known: set[str]) -> Iterator[str]:
    """What a function's text uses beyond ``+ - * / **``, whole numbers and the functions in `known`."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in known:
                continue
            case ast.Call() | ast.Constant(value=float() | complex() | bool() | None):
                yield ast.unparse(node)
            case ast.For(iter=ast.Call(func=ast.Name(id="range"), args=[ast.Name(id="NEWTON")])):
                continue
            case ast.For():
                yield "a loop of unknown length"
            case _ if not isinstance(node, STATEMENTS + ARITHMETIC + VALUES):
                yield type(node).__name__


KNOWN = {f.__name__ for f in equation_functions()} | {form.__name__ for form in (eq.State, eq.Untreated, eq.Outputs)}


@pytest.mark.parametrize("function", equation_functions(), ids=lambda f: f.__name__)
def test_equation_is_plain_arithmetic(function: Callable[..., Any]) -> None:
    assert list(beyond_arithmetic(inspect.getsource(function), KNOWN | {"range"})) == []


@pytest.mark.parametrize(
    "line",
    [
        "if p.P0 > 3: return 1",
        "return 1 if p.fcrn_effect else 2",
        "return max(p.P0, 0)",
        "return np.exp(p.P0)",
        "return p.P0 // 2",
        "return (p.P0 > 3) * 2",
        "return p.P0 * 0.5",
        "import math",
        "while p.P0: return 1",
        "for x in p: return x",
        "for _ in range(p.P0): return p",
        "return p.P0 or 1",
        "return [x for x in p]",
        "return p[0]",
    ],
)
def test_anything_else_is_found(line: str) -> None:
    """Negative control of the test above."""
    assert list(beyond_arithmetic(f"def f(p):\n    {line}\n", KNOWN | {"range"}))


def test_loops_have_one_fixed_length() -> None:
    assert type(eq.NEWTON) is int


def test_equations_import_only_typing() -> None:
    tree = ast.parse(inspect.getsource(eq))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [getattr(node, "module", None) for node in imports] == ["typing"]


def test_every_field_says_its_unit_symbol_and_meaning() -> None:
    units = {"", "kg", "g", "g/L", "1e9/L", "1e9/L/day", "L/kg", "L/day/kg", "1/day", "day"}
    for form in (eq.State, eq.Parameters, eq.Untreated, eq.Outputs):
        labels = eq.labels(form)
        assert list(labels) == list(form._fields)
        for label in labels.values():
            assert label.unit in units
            assert label.symbol
            assert len(label.meaning) > 5
        assert len({label.symbol for label in labels.values()}) == len(labels)
        assert len({label.meaning for label in labels.values()}) == len(labels)


@given(patients(), within(0.001, 0.3))
def test_in_remission_autoantibody_alone_wanes(p: eq.Parameters, rate: float) -> None:
    u = eq.untreated(p)
    rest = eq.baseline(p, u)
    chronic, leaving = (eq.rhs(rest, p._replace(KREM=k), u, 0.0) for k in (0.0, rate))
    assert chronic.AB == 0
    assert leaving.AB == pytest.approx(-rate)
    assert leaving._replace(AB=0.0) == chronic._replace(AB=0.0)
    assert eq.rhs(rest._replace(AB=0.5), p._replace(KREM=rate), u, 0.0).AB == pytest.approx(-rate / 2)
    half = eq.outputs(rest._replace(AB=0.5), p, u)
    assert half.autoantibody == 0.5
    assert half.liver_clearance == pytest.approx(0.5**p.HA * eq.outputs(rest, p, u).liver_clearance)
