"""The equation sheet, printed from the running equations.

``python -m itp_sim.generate.latex`` writes ``docs/equations.md``, and the same as LaTeX for ``equations_latex``.
"""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import count, groupby
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from itp_sim import equations as eq
from itp_sim.exchange import latex as exported
from itp_sim.generate.formulas import LONG, equal, forms, printed, rates, tex
from itp_sim.generate.sheet import sheet_latex
from itp_sim.generate.symbolic import KEPT, Equation, Model, model, switched
from itp_sim.generate.written import INFUSION
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.patient import MECHANISM_SWITCHES

#: Where a checkout keeps the sheet.
SHEET = Path(__file__).parents[3] / "docs" / "equations.md"
#: Where the package keeps it as LaTeX.
TEX = Path(exported.__file__).with_name(exported.SHEET)


class Section(NamedTuple):
    """A part of the sheet. In its text a name of the code in braces stands for the printed symbol."""

    title: str
    text: str
    functions: tuple[str, ...]
    states: tuple[str, ...]


SECTIONS = (
    Section(
        "IgG",
        "Infused IgG ({IVIG1} in plasma, {IVIG2} in tissue) and the patient's own ({IGG1}, {IGG2}) share one recycling "
        "by FcRn, which saturates: the more IgG in plasma, the larger the fraction that is lost. The patient's "
        "autoantibody is part of the own IgG and is lost with it. Infused IgG that can still block ({ACT1}, {ACT2}) "
        "moves in the same way and loses its potency on top.",
        ("total_igg", "igg_elimination", "igg_exchange", "autoantibody", "remission"),
        ("IVIG1", "IVIG2", "ACT1", "ACT2", "IGG1", "IGG2", "AB", "OUT"),
    ),
    Section(
        "Blockade",
        "Infused IgG reaches the phagocytes ({CE}) a little later than plasma and keeps their Fc-gamma receptors busy.",
        ("blockade",),
        ("CE",),
    ),
    Section(
        "Clearance",
        "A platelet is lost to antibody in spleen and liver, to the upkeep of vessels, or to age. Of the untreated "
        "immune clearance {KIMM}, which follows from the patient's own count (below), remains what autoantibody and "
        "blockade leave.",
        ("immune_clearance", "spleen_clearance", "liver_clearance", "haemostatic_use", "ageing"),
        (),
    ),
    Section(
        "Platelets by age",
        "Platelets pass through ten ages, so that without other loss they live for about {TL}. Blood and spleen "
        "exchange them within minutes, so an intact spleen holds a fixed share of them.",
        ("all_platelets", "circulating_share", "platelet_release"),
        tuple(f"PLT{i}" for i in range(1, 11)),
    ),
    Section(
        "Marrow and thrombopoietin",
        "Thrombopoietin is made at a constant rate and removed by platelets and megakaryocytes. It drives the input of "
        "megakaryocytes, which pass through six stages before they release platelets.",
        ("tpo_removal", "megakaryocyte_input", "marrow_transit"),
        ("TPO", *(f"MK{i}" for i in range(1, 7))),
    ),
)

#: Head of a table of symbols.
HEADING = ("| symbol | meaning | unit | in the code |", "|---|---|---|---|")

#: What is said before the equations of the untreated state, by their name.
UNTREATED_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "survival": "Platelets held per platelet that enters, in units of one age, if a share {r} lives on to the next",
        "healthy_production": "Production that holds the healthy count against age and haemostatic use",
        "untreated_tpo": "Thrombopoietin at which its removal equals its production",
        "untreated_loss": "Untreated immune clearance {KIMM}, at which production holds the patient's count",
        "baseline": "The state on day 0, before the first infusion",
    }
)


def equation_sheet() -> str:
    """Return the equations, their symbols and the mechanisms that can be switched off, as Markdown with LaTeX."""
    m, number, known = model(), count(1), set[str]()
    lines = ["<!-- Printed by `python -m itp_sim.generate.latex`. Do not edit. -->", "", "# The model", ""]
    lines += [RESEARCH_ONLY, "", *_opening()]
    for section in SECTIONS:
        functions = [m.fluxes[name] for name in section.functions]
        states = [m.rates[name] for name in section.states]
        lines += ["", f"## {section.title}", "", _filled(section.text)]
        lines += _symbols([*functions, *states], known)
        for e in functions:
            lines += [*_said(e), *_display([equal(e)], number)]
        if states:
            lines += ["", "Rates of change:" if len(states) > 1 else "Rate of change:"]
            lines += _display(list(rates(states)), number)
    lines += _untreated(m, known, number)
    lines += ["", "## What is read off", "", *HEADING]
    for name, e in m.outputs.items():
        lines.append(_row(equal(e) if e.left != e.right else printed(e.left), eq.labels(eq.Outputs)[name], f"`{name}`"))
    lines += ["", "## Mechanisms switched off", ""]
    lines += ["Set to these values, a parameter takes its mechanism out; no other equation changes.", ""]
    lines += ["| switched off | by | what it leaves |", "|---|---|---|"]
    for title, values in MECHANISM_SWITCHES.items():
        for name, value in values.items():
            left = " and ".join(f"${equal(e)}$" for e in switched(m.fluxes, name, value))
            symbol = tex(eq.labels(eq.Parameters)[name].symbol)
            lines.append(f"| {title} | `{name}`: ${symbol} = {value:g}$ | {left} |")
    return "\n".join([*lines, ""])


def _opening() -> list[str]:
    """What the model is, its units, and how the sheet was made."""
    paragraphs = _plain(inspect.getdoc(eq)).split("\n\n")
    what, units = paragraphs[0].removeprefix("The model: "), paragraphs[1].split(". ")[0]
    return [
        what[0].upper() + what[1:],
        "",
        f"{units}. A table says what the symbols that are new in its section stand for, and their names in the code.",
        "",
        "The sheet is printed from the code that runs, [equations.py](../src/itp_sim/equations.py); a test puts its "
        "equations together again and compares them with what the code computes.",
    ]


def _untreated(m: Model, known: set[str], number: Iterator[int]) -> list[str]:
    """The steady state that the patient's own count implies."""
    lines = ["", "## Untreated steady state", "", _plain(inspect.getdoc(eq.untreated)).replace("\n\n", " ")]
    lines += _symbols([m.fluxes["survival"], *m.untreated], known)
    groups = {"survival": [m.fluxes["survival"]]}
    for e in m.untreated:
        groups.setdefault("baseline" if e.name in ("youngest", "older") else e.name, []).append(e)
    for name, group in groups.items():
        plain = [e for e in group if e.name != "older"]
        older = [e for e in group if e.name == "older"]
        rows = [equal(e, "&") for e in plain] + list(forms(older))
        lines += ["", f"{_filled(UNTREATED_WORDS[name])}:", *_display(rows, number)]
    return lines


def _symbols(equations: Iterable[Equation], known: set[str]) -> list[str]:
    """Table of the fields that these equations are the first to use; `known` then holds them too."""
    used = {x.name for e in equations for part in (e.left, e.right) for x in part.free_symbols}
    rows = []
    for fields in (eq.State, eq.Parameters, eq.Untreated):
        for _, group in groupby(eq.labels(fields).items(), key=lambda item: _chained(item[0])):
            chain = dict(group)
            symbols = {label.symbol for label in chain.values()}
            if symbols & used - known:
                rows.append(_chain(chain) if len(chain) >= LONG else _named(*next(iter(chain.items()))))
                known |= symbols
    name, label = INFUSION
    if label.symbol in used - known:
        rows.append(_named(name, label))
    known |= used
    return ["", *HEADING, *rows] if rows else []


def _chained(name: str) -> str:
    """The same for all stages of a chain: the names without their numbers, if there are many."""
    base = name.rstrip("0123456789")
    return base if f"{base}{LONG}" in eq.State._fields else name


def _chain(stages: dict[str, eq.Label]) -> str:
    """One row for the stages of a chain."""
    (first, start), *_, (last, end) = stages.items()
    symbols = rf"{tex(start.symbol)}, \dots, {tex(end.symbol)}"
    meaning = f"{start.meaning}; ${tex(end.symbol)}$: {end.meaning}"
    return _row(symbols, start._replace(meaning=meaning), f"`{first}`, ..., `{last}`")


def _named(name: str, label: eq.Label) -> str:
    return _row(tex(label.symbol), label, f"`{name}`")


def _row(formula: str, label: eq.Label, code: str) -> str:
    return f"| ${formula}$ | {label.meaning} | {_plain(label.unit) or '1'} | {code} |"


def _said(e: Equation) -> list[str]:
    """First sentence of the function's docstring, with the printed symbols of its arguments."""
    text = _plain((inspect.getdoc(getattr(eq, e.name)) or "").split("\n\n")[0])
    for name, symbol in e.arguments:
        word = f"{name} " if len(name) > 1 else ""
        text = text.replace(f"`{name}`", f"{word}${tex(symbol.name)}$")
    return ["", f"{text.rstrip('.')} (`{e.name}`):"]


def _display(rows: list[str], number: Iterator[int]) -> list[str]:
    """Numbered equations, aligned if there are several; nothing if there are none."""
    if not rows:
        return []
    tag = rf"\tag{{{next(number)}}}"
    if len(rows) == 1:
        return ["", "$$", f"{rows[0].replace('&=', '=', 1)} {tag}", "$$"]
    return ["", "$$", r"\begin{aligned}", " \\\\[4pt]\n".join(rows), r"\end{aligned}", tag, "$$"]


def _filled(text: str) -> str:
    """`text` with printed symbols for the names in braces."""
    symbols = {
        name: label.symbol
        for fields in (eq.State, eq.Parameters, eq.Untreated)
        for name, label in eq.labels(fields).items()
    }
    symbols["r"] = KEPT.name.split("_")[0]
    return re.sub(r"\{(\w+)\}", lambda found: f"${tex(symbols[found[1]])}$", text)


def _plain(text: str | None) -> str:
    """A docstring or a unit as Markdown."""
    marked = re.sub(r":\w+:`(\w+)`", r"`\1`", inspect.cleandoc(text or "")).replace("``", "`")
    return re.sub(r"10\^9|\b1e9\b", "$10^{9}$", marked)


def main() -> None:
    """Write the sheet where the checkout keeps it, and where the package does."""
    sheet = equation_sheet()
    SHEET.write_text(sheet, encoding="utf-8", newline="\n")
    TEX.write_text(sheet_latex(sheet), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
