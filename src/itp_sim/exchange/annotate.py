"""Notes and annotations of SBML: paragraphs for people, and links to public databases for programs."""

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from itp_sim.exchange.terms import RESOLVER

MAKER = "The itp_sim developers"
_SPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dcterms": "http://purl.org/dc/terms/",
    "vCard4": "http://www.w3.org/2006/vcard/ns#",
    "bqbiol": "http://biomodels.net/biology-qualifiers/",
    "bqmodel": "http://biomodels.net/model-qualifiers/",
}


def annotated(name: str, paragraphs: Iterable[str], links: Sequence[tuple[str, str]] = (), *, history: str = "") -> str:
    """Notes, then an annotation if there is anything to link.

    Parameters
    ----------
    name
        Meta-identifier of the element.
    paragraphs
        Plain text.
    links
        Pairs of a qualifier such as ``bqbiol:hasTaxon`` and an identifier such as ``taxonomy:9606``.
    history
        Who made the element.
    """
    said = "".join(f"<p>{escape(text)}</p>" for text in paragraphs if text)
    notes = f'<notes><body xmlns="http://www.w3.org/1999/xhtml">{said}</body></notes>' if said else ""
    about = history + "".join(map(_linked, _grouped(links).items()))
    if not about:
        return notes
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _SPACES.items())
    return (
        f'{notes}<annotation><rdf:RDF {spaces}><rdf:Description rdf:about="#{name}">{about}</rdf:Description></rdf:RDF>'
        "</annotation>"
    )


#: Who made the model; without a day, so that the same patient and regimen give the same bytes.
MADE = (
    '<dcterms:creator><rdf:Bag><rdf:li rdf:parseType="Resource">'
    f"<vCard4:fn><vCard4:text>{MAKER}</vCard4:text></vCard4:fn>"
    f"<vCard4:organization-name>{MAKER}</vCard4:organization-name></rdf:li></rdf:Bag></dcterms:creator>"
)


def _grouped(links: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for qualifier, identifier in links:
        groups.setdefault(qualifier, []).append(identifier)
    return groups


def _linked(group: tuple[str, list[str]]) -> str:
    qualifier, identifiers = group
    items = "".join(f"<rdf:li rdf:resource={quoteattr(RESOLVER + one)}/>" for one in identifiers)
    return f"<{qualifier}><rdf:Bag>{items}</rdf:Bag></{qualifier}>"
