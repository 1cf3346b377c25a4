"""What an exported model says of itself: who, what, the statement, and the evidence of each number."""

from collections.abc import Sequence
from pathlib import Path

from itp_sim import __version__
from itp_sim import equations as eq
from itp_sim.evidence import Source
from itp_sim.exchange.case import Case
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.parameters import population_sources, records


def title(who: Case) -> str:
    """One line that names the model, the patient and the regimen."""
    return f"itp_sim: platelets in immune thrombocytopenia under IVIG, {_name(who)}, {who.regimen}"


def told(who: Case) -> list[str]:
    """Paragraphs about the whole model."""
    p = who.parameters
    return [
        RESEARCH_ONLY,
        "Platelets made by the marrow, cleared by spleen and liver, clearance blocked by infused IgG: a model of "
        "immune thrombocytopenia under intravenous immunoglobulin, printed by itp_sim "
        f"{__version__} from its running equations.",
        f"Patient: {_name(who)}, {p.WT:g} kg, untreated count {p.P0:g} x 10^9/L.",
        f"Infused: {who.regimen}.",
        "Time in days from the start of the first infusion, counts in 10^9/L, IgG in g/L, doses in g. The state on day "
        "0 is the untreated steady state.",
        f"{_listed(eq.Untreated._fields)} were found by Newton's method from {_listed(_solved_from(p))}, and are given "
        "as numbers: to change one of those, export the model again. Every other parameter can be changed here.",
    ]


def _name(who: Case) -> str:
    """The population in one line."""
    return " ".join(Path(who.population).stem.split())


def _solved_from(p: eq.Parameters) -> list[str]:
    """Parameters that move the untreated steady state."""
    u = eq.untreated(p)
    moved = {name: p._replace(**{name: 0.999 * value + 1e-6}) for name, value in p._asdict().items()}
    return [name for name, changed in moved.items() if eq.untreated(changed) != u]


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def grounds(who: Case, name: str) -> tuple[str, tuple[Source, ...]]:
    """How the number of a parameter is known, in words, and its sources."""
    record = records(who.population)[name]
    found = tuple(population_sources(who.population)[key] for key in record.source)
    value = getattr(who.parameters, name)
    typical = f"Typical value of {_name(who)}"
    own = "" if value == record.value else f"This patient's own value. {typical}: {record.value!r}. "
    cited = "; ".join(source.citation for source in found)
    where = ", ".join(filter(None, (cited, record.locator)))
    known = f"{record.evidence}: {where}" if where else record.evidence
    return f"{own}{known[0].upper()}{known[1:].rstrip('.')}. {record.note}".strip(), found
