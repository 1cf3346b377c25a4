"""Terms of public vocabularies for what the model names: only those that are certain; most names have none."""

from collections.abc import Mapping
from types import MappingProxyType

from itp_sim.equations import State
from itp_sim.exchange.case import INFUSION

_PLATELETS = ("platelets", "all_platelets", *(name for name in State._fields if name.startswith("PLT")))
_MEGAKARYOCYTES = tuple(name for name in State._fields if name.startswith("MK"))

#: SBO term of the model and of parameters; the checks of libSBML hold their kind.
SBO_TERMS: Mapping[str, str] = MappingProxyType(
    {
        "model": "SBO:0000293",  # non-spatial continuous framework
        "KM": "SBO:0000193",  # steady-state constant, determined at half saturation
        "KH": "SBO:0000193",
        "KACT": "SBO:0000356",  # decay constant
        "KREM": "SBO:0000356",
        "IC50": "SBO:0000288",  # IC50
        "GAMMA": "SBO:0000190",  # Hill coefficient
        "IVIG1": "SBO:0000196",  # concentration of an entity pool
        "IVIG2": "SBO:0000196",
        "ACT1": "SBO:0000196",
        "ACT2": "SBO:0000196",
        "CE": "SBO:0000196",
        "IGG1": "SBO:0000196",
        "IGG2": "SBO:0000196",
    }
)

#: Where identifiers are resolved.
RESOLVER = "https://identifiers.org/"

#: Relation and identifier, by name in the model.
IDENTIFIERS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "model": (
            ("bqbiol:hasTaxon", "taxonomy:9606"),  # human
            ("bqbiol:hasProperty", "icd:D69.3"),  # immune thrombocytopenic purpura
            ("bqbiol:hasProperty", "atc:J06BA02"),  # immunoglobulins, normal human, for intravascular administration
        ),
        "TPO": (("bqbiol:isPropertyOf", "uniprot:P40225"),),  # thrombopoietin, human
        "fcrn_effect": (("bqbiol:isPropertyOf", "uniprot:P55899"),),  # IgG receptor FcRn large subunit p51, human
        "spleen": (("bqbiol:isPropertyOf", "UBERON:0002106"),),  # spleen
        **dict.fromkeys(_PLATELETS, (("bqbiol:isPropertyOf", "CL:0000233"),)),  # platelet
        **dict.fromkeys(_MEGAKARYOCYTES, (("bqbiol:isPropertyOf", "CL:0000556"),)),  # megakaryocyte
        INFUSION: (("bqbiol:isPropertyOf", "atc:J06BA02"),),
    }
)
