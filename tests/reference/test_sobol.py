"""Sobol indices against closed forms, against SciPy's own copies, a plain double loop, and another library."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import sobol_indices

import itp_sim as itp
from itp_sim.sensitivity import sobol
from itp_sim.sensitivity.indices import Draws, _weights, draw, indices, resampled

A_OF_G = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0])


def ishigami(u: np.ndarray) -> np.ndarray:
    """sin x1 + 7 sin^2 x2 + x3^4 sin x1 / 10 between -pi and pi, of which x4 is no part; and x1 alone."""
    x = -np.pi + 2 * np.pi * u
    y = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    return np.column_stack([y, x[:, 0]])


def of_ishigami() -> tuple[list[float], list[float]]:
    """First-order and total indices in closed form (Ishigami and Homma 1990)."""
    a, b, pi = 7.0, 0.1, np.pi
    one, two = (1 + b * pi**4 / 5) ** 2 / 2, a**2 / 8
    both = b**2 * pi**8 * (1 / 18 - 1 / 50)
    whole = one + two + both
    return [one / whole, two / whole, 0, 0], [(one + both) / whole, two / whole, both / whole, 0]


def sobol_g(u: np.ndarray) -> np.ndarray:
    return np.prod((np.abs(4 * u - 2) + A_OF_G) / (1 + A_OF_G), axis=1)[:, None]


def of_sobol_g() -> tuple[np.ndarray, np.ndarray]:
    """First-order and total indices in closed form (Saltelli and Sobol 1995)."""
    parts = 1 / 3 / (1 + A_OF_G) ** 2
    whole = np.prod(1 + parts) - 1
    return parts / whole, parts * np.prod(1 + parts) / (1 + parts) / whole


def test_ishigami() -> None:
    found = indices(draw(ishigami, 4, n=8192, seed=1), seed=1)
    first, total = of_ishigami()
    np.testing.assert_allclose(found.first[:, 0], first, atol=0.01)
    np.testing.assert_allclose(found.total[:, 0], total, atol=0.01)
    np.testing.assert_allclose(found.first[:, 1], [1, 0, 0, 0], atol=1e-3)
    assert (found.total[3] == 0).all() and (found.total_high[3] == 0).all()  # does nothing


def test_sobol_g() -> None:
    found = indices(draw(sobol_g, 8, n=8192, seed=2), seed=2)
    first, total = of_sobol_g()
    np.testing.assert_allclose(found.first[:, 0], first, atol=0.015)
    np.testing.assert_allclose(found.total[:, 0], total, atol=0.015)


def test_intervals_hold_the_truth() -> None:
    first, total = of_ishigami()
    held = []
    for seed in range(60):
        found = indices(draw(ishigami, 4, n=256, seed=seed), seed=seed, resamples=200)
        for truth, low, high in (
            (first, found.first_low, found.first_high),
            (total, found.total_low, found.total_high),
        ):
            held.append((low[:3, 0] <= truth[:3]) & (truth[:3] <= high[:3, 0]))
    # The bootstrap takes Sobol points for independent ones, so it is rather too wide.
    assert 0.9 < np.mean(held) <= 1


def test_the_interval_narrows_with_the_root_of_n() -> None:
    few, many = (indices(draw(ishigami, 4, n=n, seed=0), seed=0).widest()[2] for n in (512, 8192))
    assert 3.0 < few / many < 5.3


def test_resamples_are_those_of_scipy_on_copies_of_the_points() -> None:
    drawn = draw(ishigami, 4, n=256, seed=3)
    fast = resampled(drawn, seed=5, resamples=4)
    for (first, total), weights in zip(fast, _weights(256, seed=5, resamples=4), strict=True):
        at = np.repeat(np.arange(256), np.round(256 * weights).astype(int))
        slow = sobol_indices(func={"f_A": drawn.A[:, at], "f_B": drawn.B[:, at], "f_AB": drawn.AB[..., at]}, n=256)
        np.testing.assert_allclose(first, slow.first_order.T, atol=1e-12)
        np.testing.assert_allclose(total, slow.total_order.T, atol=1e-12)


def test_one_input_and_one_output_keep_their_dimensions() -> None:
    found = indices(draw(lambda u: u**2, 1, n=1024, seed=0), seed=0)
    assert {each.shape for each in found} == {(1, 1)}
    assert found.first.item() == pytest.approx(1, abs=0.01)


def rare(n: int, hits: int) -> Draws:
    """A function that is 1 in a few of the draws and 0 in all others."""
    drawn = draw(lambda u: (u[:, :1] < 0.5).astype(float), 2, n=n, seed=0)
    a, b = np.zeros((2, 1, n))
    a[0, :hits] = 1.0
    mixed = np.zeros_like(drawn.AB)
    mixed[1] = a  # the second input does nothing
    return Draws(a, b, mixed)


def test_a_resample_without_variance_has_no_index_and_is_left_out() -> None:
    again = resampled(rare(64, 2), seed=1, resamples=300)
    known = ~np.isnan(again).any(axis=(1, 2, 3))
    weights = np.array(list(_weights(64, seed=1, resamples=300)))
    assert known.tolist() == (weights[:, :2].sum(axis=1) > 0).tolist() and 0.05 < np.mean(~known) < 0.3
    assert (again[known][:, 1, 1] == 0).all()  # of what does nothing
    found = indices(rare(64, 2), seed=1, resamples=300)
    assert all(np.isfinite(each).all() for each in found)
    assert found.total_low[0, 0] == again[known][:, 1, 0, 0].min() > 0.5  # no zero of a sample that says nothing


def test_what_has_no_index_is_refused() -> None:
    drawn = rare(64, 1)
    for wrong in (np.nan, np.inf):
        drawn.AB[0, 0, 3] = wrong
        with pytest.raises(itp.InputError, match="1 of 256 values of the function are not finite"):
            indices(drawn, seed=1)
    constant = Draws(*(np.zeros_like(each) for each in drawn))
    assert np.isnan(resampled(constant, seed=0, resamples=3)).all()
    few = rare(64, 1)
    unlucky = next(seed for seed in range(50) if np.isnan(resampled(few, seed=seed, resamples=1)).all())
    with pytest.raises(itp.InputError, match="the same in all draws of 100% of the bootstrap samples"):
        indices(few, seed=unlucky, resamples=1)


# --- on the model -----------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:the indices of:UserWarning")
def test_first_order_indices_are_those_of_a_plain_grid() -> None:
    """Two parameters on a grid of their quantiles: the variance of the means of rows and columns, by public calls."""
    patient = itp.typical_patient()
    found = itp.sensitivity(patient, "1 g/kg", outputs=["peak", "igg_peak"], parameters=["IC50", "CL"])
    side = 40
    quantiles = {}
    for name in ("IC50", "CL"):
        record = itp.records(patient.population)[name]
        low, high = ndtr(np.log(np.array(record.limits) / record.value) / record.omega)
        u = low + (np.arange(side) + 0.5) / side * (high - low)
        quantiles[name] = record.value * np.exp(record.omega * ndtri(u))
    table = pd.DataFrame([patient.parameters] * side**2)
    grid = np.meshgrid(quantiles["IC50"], quantiles["CL"], indexing="ij")
    table["IC50"], table["CL"] = (values.ravel() for values in grid)
    run = itp.simulate(table, "1 g/kg", times=[0], outputs=())
    for name in ("peak", "igg_peak"):
        values = run[name].to_numpy().reshape(side, side)
        by_hand = [values.mean(axis=axis).var() / values.var() for axis in (1, 0)]
        np.testing.assert_allclose(found["first"].sel(output=name, parameter=["IC50", "CL"]), by_hand, atol=0.02)
        assert float(found["mean"].sel(output=name)) == pytest.approx(values.mean(), rel=0.01)
    assert float(found.total.sel(output="igg_peak", parameter="IC50")) < 1e-6  # IgG knows nothing of the phagocytes


@pytest.mark.interop
@pytest.mark.filterwarnings("default", "ignore:the indices of:UserWarning")
def test_salib_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own points, its own estimator and its own intervals, through the same model."""
    analysed, sampled = (pytest.importorskip(f"SALib.{part}.sobol") for part in ("analyze", "sample"))
    seen: dict[str, Any] = {}

    def kept(function: Any, inputs: int, **more: Any) -> Any:
        seen["function"] = function
        return draw(function, inputs, **more)

    monkeypatch.setattr(sobol, "draw", kept)
    names = ["P0", "CL", "KE0", "IC50", "FIND", "EPS"]
    outputs = ["peak", "days_above_50", "response"]
    ours = itp.sensitivity(itp.typical_patient(), "1 g/kg", outputs=outputs, parameters=names, n=4096, progress=False)
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    points = sampled.sample(problem, 2048, calc_second_order=False, seed=7)
    values = seen["function"](np.clip(points, 1e-12, 1 - 1e-12))
    within: list[bool] = []
    for i, output in enumerate(outputs):
        theirs = analysed.analyze(problem, values[:, i], calc_second_order=False, seed=7)
        one = ours.sel(output=output)
        for name, key in (("first", "S1"), ("total", "ST")):
            half = (one[f"{name}_high"] - one[f"{name}_low"]).to_numpy() / 2
            apart = np.abs(one[name].to_numpy() - theirs[key])
            within += (apart <= half + theirs[f"{key}_conf"]).tolist()
            assert apart.max() < 0.06, (output, name)
    # Both hold the truth in about 95%: of so many pairs one or two may be apart by chance.
    assert len(within) == 36 and sum(within) >= 34
