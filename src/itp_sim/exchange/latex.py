"""The equation sheet and a population's parameters as LaTeX, for the supplement of a paper."""

import re
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from itp_sim import __version__
from itp_sim.evidence import Source
from itp_sim.exchange.document import filled
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.parameters import population_key, population_sources, records
from itp_sim.records import Record
from itp_sim.usual import DEFAULT_POPULATION

#: Packaged text of the equations.
SHEET = "equations.tex"
GREEK = ("gamma", "epsilon", "phi", "rho", "chi")
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
} | {c: f"\\{c}" for c in "&%$#_{}"}


def equations_latex() -> str:
    """Return the equation sheet as LaTeX, to be put into a document that loads amsmath and longtable.

    It is printed from the running equations, as `docs/equations.md` is, and carries the research-only statement.

    Returns
    -------
    str
        The text.

    Raises
    ------
    ItpError
        If the equations were edited and the sheet not yet renewed.
    """
    return filled(SHEET, {})


def parameters_latex(population: str | PathLike[str] = DEFAULT_POPULATION) -> str:
    """Return the parameters of a population as LaTeX tables, to be put into a document that loads longtable.

    Each parameter has its symbol, meaning, typical value with unit, spread between patients, plausible range and
    evidence, and the number of its source in the list below the table.

    Parameters
    ----------
    population
        Name of a population (see :func:`populations`), or path of an own file.

    Returns
    -------
    str
        The text.

    Raises
    ------
    UnknownNameError
        If there is no such population.
    ParameterFileError
        If the file breaks the format.
    """
    found = records(population)
    known = population_sources(population)
    cited = list(dict.fromkeys(key for record in found.values() for key in record.source))
    name = escaped(" ".join(Path(population_key(population)).stem.split()))
    head = r"symbol & meaning & value & unit & spread & range & evidence \\ \hline"
    lines = [
        rf"\subsection*{{Parameters of \texttt{{{name}}}}}",
        "Typical values; the spread between patients is a coefficient of variation, or for shares the standard "
        rf"deviation of the logit. {escaped(RESEARCH_ONLY)}",
        "",
        r"{\small\sloppy",
        r"\begin{longtable}{lp{0.24\linewidth}llllp{0.16\linewidth}}",
        head,
        r"\endhead",
        *(_row(record, cited) for record in found.values()),
        r"\end{longtable}",
        r"\noindent Sources:",
        r"\begin{enumerate}",
        *(rf"\item {_cited(known[key])}" for key in cited),
        r"\end{enumerate}",
        "}",
        "",
    ]
    return "\n".join(lines)


def supplement(population: str | PathLike[str] = DEFAULT_POPULATION) -> str:
    """Return a whole LaTeX document with the equations and the parameters of a population.

    Takes and raises what :func:`parameters_latex` does.
    """
    lines = [
        r"\documentclass[10pt,a4paper]{article}",
        r"\usepackage[margin=2cm]{geometry}",
        r"\usepackage{amsmath}",
        r"\usepackage{longtable}",
        r"\setlength{\parindent}{0pt}",
        r"\begin{document}",
        rf"\noindent Printed by {escaped(f'itp_sim {__version__}')}.",
        "",
        equations_latex(),
        parameters_latex(population),
        r"\end{document}",
        "",
    ]
    return "\n".join(lines)


def tex(symbol: str) -> str:
    """LaTeX of a printed symbol: ``k_imm``, ``IC_50``, ``gamma``, ``Mbar``."""
    if not (parts := re.fullmatch(r"([A-Za-z]+)(?:_([\w-]+))?", symbol)):
        return symbol
    base, sub = parts.groups()
    if base in GREEK:
        base = rf"\{base}"
    elif base.endswith("bar"):
        base = rf"\bar{{{base[:-3]}}}"
    elif len(base) > 1:
        base = rf"\mathrm{{{base}}}"
    if not sub:
        return base
    return f"{base}_{{{sub}}}" if re.fullmatch(r".|\d+|i-1", sub) else rf"{base}_{{\mathrm{{{sub}}}}}"


def escaped(text: str) -> str:
    """Plain text as LaTeX prints it."""
    return "".join(_SPECIAL.get(c, c) for c in text)


def unit_latex(unit: str) -> str:
    """A unit of the equations; 1 for none."""
    return re.sub(r"\b1e9\b", "$10^{9}$", unit) or "1"


def _row(record: Record, cited: Sequence[str]) -> str:
    low, high = record.range
    spread = (
        f"{record.cv:g}" if record.cv is not None else "" if record.logit_sd is None else f"logit {record.logit_sd:g}"
    )
    numbers = ", ".join(str(cited.index(key) + 1) for key in record.source)
    cells = [
        f"${tex(record.symbol)}$",
        escaped(record.meaning),
        f"{record.value:.4g}",
        unit_latex(record.unit),
        spread,
        f"{low:g}--{high:g}",
        record.evidence + (f" [{numbers}]" if numbers else ""),
    ]
    return f"{' & '.join(cells)} \\\\"


def _cited(source: Source) -> str:
    """A source in the list; one that was remembered and not read says so."""
    more = [f"doi:{source.doi}" if source.doi else "", f"PMID {source.pmid}" if source.pmid else ""]
    parts = [source.citation.rstrip("."), *filter(None, more), "Not verified" if source.unverified else ""]
    return escaped(". ".join(filter(None, parts)) + ".")
