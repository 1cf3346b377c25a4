"""Equations and parameters as LaTeX: up to date, complete, escaped, and accepted by TeX where there is one."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import itp_sim as itp
from itp_sim.evidence import sources
from itp_sim.exchange.latex import escaped, supplement, unit_latex
from itp_sim.generate import formulas, latex
from itp_sim.generate.sheet import sheet_latex

TEXT = itp.equations_latex()
POPULATIONS = itp.populations()


def balanced(text: str) -> bool:
    """Whether braces and environments are closed in the order in which they were opened."""
    bare = re.sub(r"\\[{}%\\]", "", text)
    depth = 0
    for c in bare:
        depth += (c == "{") - (c == "}")
        if depth < 0:
            return False
    opened = []
    for what, name in re.findall(r"\\(begin|end)\{(\w+\*?)\}", text):
        if what == "begin":
            opened.append(name)
        elif not opened or opened.pop() != name:
            return False
    return depth == 0 and not opened


def test_balanced_sees_what_is_open() -> None:
    assert balanced(r"\begin{a}{x\}}\end{a}")
    assert not balanced(r"{x") and not balanced(r"}{") and not balanced(r"\begin{a}\begin{b}\end{a}\end{b}")


# --- the equations ------------------------------------------------------------------------------------------------


def test_the_packaged_sheet_is_up_to_date() -> None:
    again = "run `python -m itp_sim.generate.latex`"
    assert latex.TEX.read_text(encoding="utf-8") == sheet_latex(latex.equation_sheet()), again


def test_every_formula_of_the_sheet_is_there_once() -> None:
    sheet = latex.equation_sheet()
    blocks = re.findall(r"^\$\$\n(.*?)\n\$\$", sheet, re.MULTILINE | re.DOTALL)
    found = re.findall(r"\\begin\{equation\*\}\n(.*?)\n\\end\{equation\*\}", TEXT, re.DOTALL)
    assert len(blocks) > 20
    assert found == blocks
    inline = re.sub(r"^\$\$\n.*?\n\$\$", "", sheet, flags=re.MULTILINE | re.DOTALL)
    for formula in re.findall(r"\$[^$]+\$", inline):
        assert formula in TEXT


def test_nothing_of_markdown_is_left() -> None:
    plain = re.sub(r"\\begin\{equation\*\}.*?\\end\{equation\*\}", "", TEXT, flags=re.DOTALL)
    assert not re.search(r"^#|`|\]\(|^\||---|\$\$|<!--", plain, re.MULTILINE)
    assert itp.RESEARCH_ONLY in TEXT
    assert TEXT.count(r"\subsection*") == latex.equation_sheet().count("\n## ")


def test_a_row_of_a_table_and_a_link() -> None:
    text = sheet_latex("# A_b\n\n| a | b | c |\n|---|---|---|\n| $x_1$ | 5% & `a_b` | [to](x.py) |\n")
    assert r"\section*{A\_b}" in text
    assert r"$x_1$ & 5\% \& \texttt{a\_\allowbreak{}b} & to \\" in text


# --- the parameters -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("population", POPULATIONS)
def test_every_parameter_has_its_row_and_every_source_its_number(population: str) -> None:
    text = itp.parameters_latex(population)
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    records = itp.records(population)
    assert len(rows) == len(records)
    listed = re.findall(r"^\\item (.*)$", text, re.MULTILINE)
    for row, record in zip(rows, records.values(), strict=True):
        assert row.startswith(f"${formulas.tex(record.symbol)}$ & {escaped(record.meaning)} & {record.value:.4g} & ")
        numbers = re.search(r"\[([\d, ]+)\]", row)
        assert len(record.source) == (len(numbers[1].split(", ")) if numbers else 0)
        for number, key in zip(numbers[1].split(", ") if numbers else (), record.source, strict=True):
            assert listed[int(number) - 1].startswith(escaped(sources()[key].citation.rstrip(".")))
    assert itp.RESEARCH_ONLY in text


def test_text_is_escaped() -> None:
    assert escaped(r"5% of a_b & {c} $1 #2 x^2 ~ \n") == (
        r"5\% of a\_b \& \{c\} \$1 \#2 x\textasciicircum{}2 \textasciitilde{} \textbackslash{}n"
    )
    assert unit_latex("1e9/L/day") == "$10^{9}$/L/day"
    assert unit_latex("") == "1"


def test_a_population_that_does_not_exist_is_refused() -> None:
    with pytest.raises(itp.UnknownNameError, match="did you mean 'adult_chronic'"):
        itp.parameters_latex("adult_cronic")


# --- both -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("population", POPULATIONS)
def test_the_supplement_is_balanced(population: str) -> None:
    text = supplement(population)
    assert balanced(text)
    assert TEXT in text and itp.parameters_latex(population) in text


@pytest.mark.interop
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no TeX: apt install texlive-latex-base")
@pytest.mark.parametrize("population", POPULATIONS)
def test_tex_accepts_the_supplement(population: str, tmp_path: Path) -> None:
    (tmp_path / "supplement.tex").write_text(supplement(population), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "supplement.tex"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:]
    too_wide = [float(x) for x in re.findall(r"Overfull \\hbox \(([\d.]+)pt", done.stdout)]
    assert max(too_wide, default=0.0) < 5.0
