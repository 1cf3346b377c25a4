"""``itp-sim sensitivity``."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from itp_sim import __version__
from itp_sim.cli.output import aligned, cell, check_figure_file, plain, print_json, save
from itp_sim.cli.typed import relative
from itp_sim.notice import RESEARCH_ONLY

if TYPE_CHECKING:
    import xarray as xr

#: Digits of an index or an elasticity.
DIGITS = 3


def sensitivity(options: argparse.Namespace) -> None:
    """Print, and draw if asked, which parameter decides the read-outs."""
    from itp_sim.catalogue import DEFAULT_PRODUCT, regimen
    from itp_sim.design import UNTREATED
    from itp_sim.patient import typical_patient
    from itp_sim.sensitivity import sensitivity as analysed

    check_figure_file(options.out)
    untreated = options.regimen.strip().casefold() == UNTREATED
    arm = None if untreated else regimen(options.regimen, product=options.product or DEFAULT_PRODUCT)
    patient = typical_patient(options.population, weight_kg=options.weight, platelets=options.platelets)
    result = analysed(
        patient,
        arm,
        outputs=options.output,
        parameters=options.parameter,
        method=options.method,
        over=options.over,
        n=options.n,
        seed=options.seed,
        days=options.days,
        definition=options.definition,
    )
    if options.out is not None:
        save(_figure(result), options.out)
    if options.json:
        print_json(_content(result, patient.parameters._asdict()))
        return
    described = arm.described(patient.parameters.WT) if arm else "no treatment"
    print(f"{described}, {options.days:g} days; {_asked(result)}\n")
    for name in result.output.to_numpy():
        print(_table(result.sel(output=name)), "", sep="\n")
    print(*_explained(result), sep="\n")
    if options.out is not None:
        print(f"figure: {options.out}")
    print(RESEARCH_ONLY)


def _figure(result: "xr.Dataset") -> Any:
    from itp_sim import plots

    draw = plots.indices if "total" in result else plots.tornado
    return draw(result).get_figure()


def _asked(result: "xr.Dataset") -> str:
    """What varied, in words."""
    said = result.attrs
    if said["method"] == "local":
        return f"typical patient of {relative(said['population'])}"
    between = {"patients": "as patients differ", "ranges": "evenly over the ranges"}[said["over"]]
    names = ", ".join(result.parameter.to_numpy())
    return f"{relative(said['population'])}, {result.sizes['parameter']} parameters varied {between}: {names}"


def _table(one: "xr.Dataset") -> str:
    """Parameters by their part in one output, the largest first."""
    title = f"{one.output.item()}: {one.output_meaning.item()}"
    order = abs(one["total" if "total" in one else "elasticity"]).to_numpy().argsort(kind="stable")[::-1]
    of_variance = ["parameter", "", "alone", "(95% interval)", "in all", "(95% interval)"]
    rows = [of_variance if "total" in one else ["parameter", "", "elasticity"]]
    for at in order.tolist():
        row = one.isel(parameter=at)
        values = [_with_interval(row, name) for name in ("first", "total")] if "total" in one else []
        shown = [text for pair in values for text in pair] or [_signed(float(row.elasticity))]
        rows.append([f"  {row.parameter.item()}", row.meaning.item(), *shown])
    return f"{title}\n{aligned(rows, left=2)}"


def _with_interval(row: "xr.Dataset", name: str) -> tuple[str, str]:
    low, high = (cell(float(row[f"{name}_{end}"]), DIGITS) for end in ("low", "high"))
    return cell(float(row[name]), DIGITS), f"({low} to {high})"


def _signed(value: float) -> str:
    return f"{round(value, DIGITS) + 0.0:+.{DIGITS}f}"


def _explained(result: "xr.Dataset") -> list[str]:
    """What the columns are."""
    said = result.attrs
    if said["method"] == "local":
        return ["elasticity: % change of the output per % change of the parameter; of a share, of its odds f/(1 - f)"]
    return [
        "alone: share of the variance that the parameter explains by itself (first-order Sobol index)",
        "in all: with its interactions (total index); these add up to 1 or more",
        f"{said['runs']:,} runs, n {said['n']}, seed {said['seed']}; intervals: how far these tell, no doubt about the "
        "model is in them",
    ]


def _content(result: "xr.Dataset", patient: dict[str, float]) -> dict[str, Any]:
    """The result as JSON knows it."""
    over_both = [str(name) for name, values in result.data_vars.items() if set(values.dims) == {"parameter", "output"}]
    table = result[over_both].to_dataframe()[over_both]
    outputs: dict[str, Any] = {}
    for name in result.output.to_numpy().tolist():
        rows = table.xs(name, level="output")
        outputs[name] = {
            "unit": result.output_unit.sel(output=name).item(),
            "meaning": result.output_meaning.sel(output=name).item(),
            "parameters": {str(parameter): plain(row) for parameter, row in rows.iterrows()},
        }
    asked = ("regimens", "population", "method", "over", "n", "seed", "runs", "days", "definition")
    said = {name: result.attrs[name] for name in asked if name in result.attrs}
    said["regimen"] = next(iter(json.loads(said.pop("regimens"))))
    return {"outputs": outputs, **said, "patient": patient, "version": __version__, "notice": RESEARCH_ONLY}
