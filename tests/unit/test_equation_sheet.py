"""The equation sheet says what the code computes: regenerated, put together again, and compared."""

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sympy
from matplotlib.mathtext import MathTextParser

from itp_sim import equations as eq
from itp_sim.generate import formulas, latex, symbolic
from itp_sim.generate.symbolic import KEPT, SYMBOLS, Equation, Model, model, switched, symbols
from itp_sim.generate.written import INFUSION
from itp_sim.patient import MECHANISM_SWITCHES

SHEET = Path(__file__).parents[2] / "docs" / "equations.md"
MODEL = model()
TEXT = latex.equation_sheet()
#: Values that take a mechanism out, by parameter.
SWITCHES = {name: value for switch in MECHANISM_SWITCHES.values() for name, value in switch.items()}

#: Functions of the equations that the sheet shows by what they solve or put together, not by name; and the sum by which
#: engines are audited.
WHOLE = {
    "infused_so_far",
    "rhs",
    "outputs",
    "untreated",
    "baseline",
    "healthy_production",
    "untreated_tpo",
    "untreated_loss",
    "survival_slope",
}


def positive(fields: type) -> Any:
    """Positive symbols of the names on the sheet: ratios and powers of such are unambiguous."""
    return fields(*(sympy.Symbol(x.name, positive=True) for x in symbols(fields)))


def infusion() -> Any:
    return sympy.Symbol(INFUSION[1].symbol, positive=True)


def together(expression: Any, fluxes: dict[str, Equation]) -> Any:
    """Put the definitions of the sheet back into `expression`, until no named function is left."""
    plain = {e.left: e.right for e in fluxes.values() if not e.left.args}
    functions = {e.left.func: (e.left.args, e.right) for e in fluxes.values() if e.left.args}
    for _ in range(20):
        before = expression
        expression = expression.xreplace(plain)
        for function, (arguments, right) in functions.items():
            expression = expression.replace(
                lambda x, f=function: x.func == f,
                lambda x, a=arguments, r=right: r.xreplace(dict(zip(a, x.args, strict=True))),
            )
        if expression == before:
            break
    names = {x: sympy.Symbol(x.name, positive=True) for x in expression.free_symbols}
    return expression.xreplace(names).doit()


def faults(model: Model) -> list[str]:
    """Equations that, put together, are not what the code computes."""
    s, p, u = positive(eq.State), positive(eq.Parameters), positive(eq.Untreated)
    whole = eq.rhs(s, p, u, infusion())._asdict() | eq.outputs(s, p, u)._asdict()
    parts = model.rates | model.outputs
    found = [name for name, e in parts.items() if not same(together(e.right, model.fluxes), whole[name])]
    start = eq.baseline(p, u)._asdict()
    for e in model.untreated[4:]:
        for left in getattr(e.left, "args", None) or [e.left]:
            name = next(n for n, label in eq.labels(eq.State).items() if label.symbol == left.name)
            right = together(e.right, MODEL.fluxes).xreplace(after_start(p, u))
            found += [] if same(right, start[name]) else [f"untreated {name}"]
    return found


def after_start(p: eq.Parameters, u: eq.Untreated) -> dict[Any, Any]:
    """Names that the untreated part of the sheet uses for values it has just given."""
    a, start = eq.ageing(p), eq.baseline(p, u)
    kept = a / (a + u.KIMM + eq.haemostatic_use(p.P0 / (1 - p.PHI), p))
    ages = {sympy.Symbol(f"N_{i}", positive=True): getattr(start, f"PLT{i}") for i in range(1, 11)}
    return {sympy.Symbol("r_0", positive=True): kept} | ages


def same(x: Any, y: Any) -> bool:
    """Whether two expressions are identical, once powers of products and of powers are written out."""
    if x == y or sympy.expand(x) == sympy.expand(y):
        return True
    x, y = (sympy.expand_power_base(sympy.powdenest(e, force=True), force=True) for e in (x, y))
    return bool(x == y)


# --- regenerated --------------------------------------------------------------------------------------------------


def test_sheet_in_the_docs_is_up_to_date() -> None:
    assert SHEET.read_text(encoding="utf-8") == TEXT, "run python -m itp_sim.generate.latex"


def test_sheet_does_not_depend_on_the_order_of_hashing() -> None:
    code = "from itp_sim.generate.latex import equation_sheet; print(hash('a'), equation_sheet(), end='')"
    texts = []
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONPATH": str(SHEET.parents[1] / "src"), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        texts.append(run.stdout.split(" ", 1))
    assert texts[0][0] != texts[1][0]
    assert texts[0][1] == texts[1][1]


def test_sheet_changes_with_a_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eq, "ageing", lambda p: 11 / p.TL)
    assert r"a = \frac{11}{T_{L}}" in latex.equation_sheet()


def test_a_function_used_in_two_ways_must_name_its_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbolic, "SYMBOLS", {**SYMBOLS, "igg_exchange": ("q",)})
    with pytest.raises(ValueError, match="igg_exchange"):
        model()


# --- put together again -------------------------------------------------------------------------------------------


def test_definitions_put_into_the_equations_give_what_the_code_computes() -> None:
    assert faults(MODEL) == []


def test_each_definition_is_what_its_function_computes() -> None:
    """The same functions called by hand with the symbols that the sheet gives their arguments."""
    s, p, u = symbols(eq.State), symbols(eq.Parameters), symbols(eq.Untreated)
    C, b, A, k, N, P, M, T, r, Mbar, x1, x2 = sympy.symbols("C b A k_A N P M T r Mbar x_1 x_2")
    by_hand = {
        "total_igg": eq.total_igg(s),
        "igg_elimination": eq.igg_elimination(C, p),
        "igg_exchange": eq.igg_exchange(x1, x2, p),
        "autoantibody": eq.autoantibody(s, p),
        "remission": eq.remission(s.AB, p),
        "immune_clearance": eq.immune_clearance(b, A, p, u),
        "spleen_clearance": eq.spleen_clearance(k, p),
        "liver_clearance": eq.liver_clearance(k, p),
        "haemostatic_use": eq.haemostatic_use(N, p),
        "ageing": eq.ageing(p),
        "all_platelets": eq.all_platelets(s),
        "circulating_share": eq.circulating_share(p),
        "platelet_release": eq.platelet_release(M, p, u),
        "tpo_removal": eq.tpo_removal(P, Mbar, p),
        "megakaryocyte_input": eq.megakaryocyte_input(T, p),
        "marrow_transit": eq.marrow_transit(p),
        "survival": eq.survival(r),
    }
    for name, right in by_hand.items():
        assert same(MODEL.fluxes[name].right.doit(), right), name
    q = positive(eq.Parameters)
    X = sympy.Symbol("X", positive=True)
    assert same(together(MODEL.fluxes["blockade"].right, {}), eq.blockade(X, q))
    assert {*by_hand, "blockade"} == set(MODEL.fluxes)


@pytest.mark.parametrize("name", ["PLT7", "MK3", "IVIG2", "platelets"])
def test_a_slip_in_one_equation_is_found(name: str) -> None:
    """Negative control: a factor of 1.001 in one printed equation."""
    rates, outputs = dict(MODEL.rates), dict(MODEL.outputs)
    part = rates if name in rates else outputs
    part[name] = part[name]._replace(right=part[name].right * sympy.Rational(1001, 1000))
    assert faults(MODEL._replace(rates=rates, outputs=outputs)) == [name]


def test_a_slip_in_a_definition_is_found() -> None:
    fluxes = dict(MODEL.fluxes)
    fluxes["ageing"] = fluxes["ageing"]._replace(right=11 / sympy.Symbol("T_L"))
    assert "PLT5" in faults(MODEL._replace(fluxes=fluxes))


def test_untreated_equations_are_those_that_the_baseline_solves() -> None:
    s, p, u = positive(eq.State), positive(eq.Parameters), positive(eq.Untreated)
    healthy, tpo, kept, held = MODEL.untreated[:4]
    assert same(together(healthy.right, MODEL.fluxes), eq.healthy_production(p))
    # The thrombopoietin of the untreated patient does not move: P_0 circulates, six stages alike.
    start = eq.State(*s[:9], u.TPO0, *[eq.megakaryocyte_input(u.TPO0, p)] * 6, p.P0, *[0] * 9)
    moved = eq.rhs(start, p._replace(PHI=0), u, infusion()).TPO / p.KTPO
    assert same(moved, 1 - together(tpo.right, MODEL.fluxes))
    # With its spleen in place the sum of its ages is the count that circulates and the pool.
    r = sympy.Symbol("r_0", positive=True)
    (youngest,) = [e for e in MODEL.untreated if e.name == "youngest"]
    first = together(youngest.right, MODEL.fluxes).subs(p.spleen, 1)
    assert together(kept.right, MODEL.fluxes) == after_start(p, u)[r]
    assert same(together(held.right, MODEL.fluxes), sum(first * r**k for k in range(10)))
    assert together(held.left, {}) == p.P0 / (1 - p.PHI)


def test_a_general_form_holds_for_all_its_members() -> None:
    """Printed `i = 2, ..., n` means every one of them; a chain with one odd member is printed in full."""
    assert re.findall(r"i = (\d+), \\dots, (\d+)", TEXT) == [("2", "10"), ("2", "6"), ("2", "10")]
    i, before = sympy.symbols("N_i N_i-1")
    _, general = formulas.form(MODEL.rates["PLT2"])
    for k in range(2, 11):
        back = general.xreplace({i: sympy.Symbol(f"N_{k}"), before: sympy.Symbol(f"N_{k - 1}")})
        assert same(back.doit(), MODEL.rates[f"PLT{k}"].right.doit())
    rows = [MODEL.rates[f"MK{k}"] for k in range(2, 7)]
    odd = [*rows[:2], rows[2]._replace(right=rows[2].right * 2), *rows[3:]]
    assert [len(list(formulas.rates(chain))) for chain in (rows, odd)] == [1, 3]


# --- mechanisms ---------------------------------------------------------------------------------------------------


def test_every_switch_of_the_package_is_on_the_sheet() -> None:
    for title, values in MECHANISM_SWITCHES.items():
        for name, value in values.items():
            symbol = formulas.tex(eq.labels(eq.Parameters)[name].symbol)
            assert f"| {title} | `{name}`: ${symbol} = {value:g}$ |" in TEXT


def test_switched_off_mechanisms_leave_the_simpler_model() -> None:
    left = {
        name: {e.name: str(e.right) for e in switched(MODEL.fluxes, name, value)} for name, value in SWITCHES.items()
    }
    assert left["fcrn_effect"] == {"igg_elimination": "CL/V_1"}
    assert left["blockade_effect"] == {"blockade": "B_FcgR"}
    assert left["spleen"] == {"spleen_clearance": "0", "circulating_share": "1"}
    assert list(left["tpo_feedback"]) == ["tpo_removal"]
    count = sympy.Symbol("P")
    (removal,) = switched(MODEL.fluxes, "tpo_feedback", 0)
    assert count in MODEL.fluxes["tpo_removal"].right.free_symbols
    assert count not in removal.right.free_symbols


# --- complete and readable ----------------------------------------------------------------------------------------


def test_every_function_and_every_state_is_shown_once() -> None:
    functions = {n for n, f in inspect.getmembers(eq, inspect.isfunction) if f.__module__ == eq.__name__}
    described = {n for n in functions if type in inspect.get_annotations(getattr(eq, n)).values()}
    assert functions - described - WHOLE == set(SYMBOLS)
    shown = [name for section in latex.SECTIONS for name in section.functions]
    assert sorted([*shown, "survival"]) == sorted(SYMBOLS)
    assert sorted(n for section in latex.SECTIONS for n in section.states) == sorted(eq.State._fields)
    assert all(TEXT.count(f"(`{name}`):") == 1 for name in shown)


def test_equations_are_numbered_in_their_order() -> None:
    numbers = re.findall(r"\\tag\{(\d+)\}", TEXT)
    assert numbers == [str(i) for i in range(1, len(numbers) + 1)]
    assert len(numbers) == TEXT.count("$$") / 2


def test_a_symbol_is_explained_in_the_section_that_is_first_to_use_it() -> None:
    """And only once: each field in one row of a table above the equations, in which it is met for the first time."""
    lines = displayed()
    for fields in (eq.State, eq.Parameters, eq.Untreated):
        for name, label in eq.labels(fields).items():
            if re.fullmatch(r"(MK|PLT)\d+", name):
                continue
            symbol = formulas.tex(label.symbol)
            row = TEXT.index(f"| ${symbol}$ | {label.meaning} |")
            used = [m.start() for m in re.finditer(r"(?<![\w\\{])" + re.escape(symbol) + r"(?![\w{])", TEXT)]
            body = [at for at in used if TEXT.rindex("\n", 0, at) + 1 in lines]
            assert not body or min(body) > row, name


def displayed() -> set[int]:
    """Where the lines of displayed equations start."""
    starts = set()
    for block in re.finditer(r"^\$\$\n(.*?)\n\$\$$", TEXT, re.M | re.S):
        at = block.start(1)
        for line in block[1].split("\n"):
            starts.add(at)
            at += len(line) + 1
    return starts


def test_no_symbol_has_two_meanings() -> None:
    fields = [*eq.labels(eq.State).values(), *eq.labels(eq.Parameters).values(), *eq.labels(eq.Untreated).values()]
    fluxes = [symbol for symbol, *_ in SYMBOLS.values()]
    taken = [label.symbol for label in fields] + fluxes + [INFUSION[1].symbol, KEPT.name]
    assert len(taken) == len(set(taken))
    for name, label in eq.labels(eq.Outputs).items():
        if label.symbol in fluxes:
            assert SYMBOLS.get(name, [None])[0] == label.symbol or MODEL.outputs[name].right.name == label.symbol


def test_every_table_row_comes_from_the_labels() -> None:
    for fields in (eq.State, eq.Parameters, eq.Untreated):
        for name, label in eq.labels(fields).items():
            unit = label.unit.replace("1e9", "$10^{9}$") or "1"
            if found := re.fullmatch(r"(MK|PLT)(\d+)", name):
                if int(found[2]) in (1, {"MK": 6, "PLT": 10}[found[1]]):
                    (row,) = [line for line in TEXT.splitlines() if line.startswith("| $") and f"`{name}`" in line]
                    assert label.meaning in row
                    assert f"| {unit} |" in row
            else:
                assert TEXT.count(f"| ${formulas.tex(label.symbol)}$ | {label.meaning} | {unit} | `{name}` |") == 1
    for name, label in eq.labels(eq.Outputs).items():
        unit = label.unit.replace("1e9", "$10^{9}$") or "1"
        assert f"$ | {label.meaning} | {unit} | `{name}` |" in TEXT
    name, label = INFUSION
    assert name in inspect.signature(eq.rhs).parameters
    assert f"{label.meaning} [{label.unit}]" in (inspect.getdoc(eq.rhs) or "").lower()


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("k_imm", r"k_{\mathrm{imm}}"),
        ("IC_50", r"\mathrm{IC}_{50}"),
        ("N_10", "N_{10}"),
        ("gamma", r"\gamma"),
        ("Mbar", r"\bar{M}"),
        ("CL", r"\mathrm{CL}"),
        ("h_A", "h_{A}"),
        ("N_i-1", "N_{i-1}"),
    ],
)
def test_symbols_in_latex(symbol: str, expected: str) -> None:
    assert formulas.tex(symbol) == expected


def test_every_formula_is_well_formed() -> None:
    blocks = re.findall(r"^\$\$\n(.*?)\n\$\$$", TEXT, re.M | re.S)
    inline = re.findall(r"\$([^$\n]+)\$", TEXT)
    assert TEXT.count("$$") == 2 * len(blocks)
    lines = []
    for block in blocks:
        rows = re.sub(r" ?\n?\\tag\{\d+\}|\\(begin|end)\{aligned\}", "", block).strip().split(" \\\\[4pt]\n")
        assert all(row.count("&=") == (len(rows) > 1) and row.count("\n") == 0 for row in rows)
        lines += [row.replace("&", "") for row in rows]
    assert len(lines) > 40
    assert len(inline) > 70
    parser: Any = MathTextParser("path")
    for formula in [*lines, *inline]:
        parser.parse(f"${formula}$")


def test_long_sums_are_printed_as_sums_only_if_they_are() -> None:
    x = sympy.symbols("x")
    chain = sympy.symbols("M_1:7")
    assert formulas.printed(sympy.Add(*chain, evaluate=False)) == r"\sum_{i=1}^{6} M_{i}"
    assert formulas.printed(x * (1 + x * (1 + x * (1 + x)))) == r"\sum_{i=1}^{4} x^{i}"
    for other in (
        sympy.Add(*chain[1:], evaluate=False),
        sympy.Add(*chain[:3], chain[4], evaluate=False),
        sympy.Add(*chain, x, evaluate=False),
        x + x**2 + x**3 + x**5,
        x * (1 + x * (1 + x * (1 + 2 * x))),
    ):
        assert "sum" not in formulas.printed(other)


def test_equal_values_are_shortened_only_along_a_chain() -> None:
    chain = sympy.symbols("M_1:7")
    assert formulas.equal(Equation("", sympy.Tuple(*chain), chain[0])) == r"M_{1} = \dots = M_{6} = M_{1}"
    assert "dots" not in formulas.equal(Equation("", sympy.Tuple(*chain[:3], *chain[4:]), chain[0]))


def test_the_module_writes_the_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latex, "SHEET", tmp_path / "equations.md")
    latex.main()
    assert (tmp_path / "equations.md").read_text(encoding="utf-8") == TEXT
