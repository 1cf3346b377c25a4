"""Other structures, fitted to the same results: what was tried beside the model as it is, and how it did.

An alternative holds some numbers at other values, fits more numbers, or edits lines of the package: the edited copy is
printed anew from its equations, compiled, and fitted in a process of its own.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from calibration import fit, target
from calibration.target import ADULTS, CHILDREN
from itp_sim import trials

TOP = Path(__file__).parents[1]
#: What an edited copy needs.
COPIED = ("src", "params", "calibration", "hatch_build.py", "pyproject.toml", "README.md", "LICENSE")
#: Fewer virtual patients and steps than for the fit itself: differences in loss are large or do not matter.
PATIENTS, GRADIENTS = 600, 5
MECHANISMS = ("anti_cd16", "fcrn_block")


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """A question, and what is different in the model that answers it."""

    question: str
    population: str = ADULTS
    fixed: Mapping[str, float] = field(default_factory=dict)
    more: tuple[fit.Free, ...] = ()
    #: file -> lines that stand there once -> lines in their place
    edits: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


#: Platelets bound to Fc receptors are held for a while: some are engulfed, the others get away, all at once when
#: binding stops. The equations of the net loss, and so the untreated patient, stay as they are.
RELEASE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "src/itp_sim/equations.py": (
        (
            '    PLT1: Annotated[Value, "1e9/L", "N_1"',
            '    HELD: Annotated[Value, "1e9/L", "H", "platelets held at Fc-gamma receptors, per litre of blood"]\n'
            '    PLT1: Annotated[Value, "1e9/L", "N_1"',
        ),
        (
            "    FIND: Annotated[Value",
            '    KENG: Annotated[Value, "1/day", "k_eng", "engulfment of held platelets"]\n'
            '    KREL: Annotated[Value, "1/day", "k_rel", "release of held platelets"]\n'
            "    FIND: Annotated[Value",
        ),
        (
            "    none = 0 * p.IGG0\n",
            "    held = (p.spleen * p.FSPL + 1 - p.FSPL) * (1 - p.FIND) * u.KIMM / p.KENG * N\n    none = 0 * p.IGG0\n",
        ),
        ("MK, MK, MK, MK, MK, MK, *ages)", "MK, MK, MK, MK, MK, MK, held, *ages)"),
        (
            "    k = spleen_clearance(rate, p) + liver_clearance(rate, p) + haemostatic_use(N, p)\n",
            "    other = immune_clearance(1, autoantibody(s, p), p, u)\n"
            "    left = p.spleen * p.FSPL + 1 - p.FSPL\n"
            "    caught = left * (rate - other) * (1 + p.KREL / p.KENG)\n"
            "    k = caught - p.KREL * s.HELD / N + left * other + haemostatic_use(N, p)\n",
        ),
        (
            "        PLT1=platelet_release",
            "        HELD=caught * N - (p.KENG + p.KREL) * s.HELD,\n        PLT1=platelet_release",
        ),
    ),
    "params/adult_chronic.toml": (
        (
            "[FIND]\n",
            '[KENG]\nsymbol = "k_eng"\nvalue = 10\nunit = "1/day"\nmeaning = "engulfment of held platelets"\n'
            'evidence = "assumed"\nnote = "Hours; fitted."\nrange = [1, 1000]\n\n'
            '[KREL]\nsymbol = "k_rel"\nvalue = 24\nunit = "1/day"\nmeaning = "release of held platelets"\n'
            'evidence = "assumed"\nnote = "Counts up within 1 h in 53% of 19 patients (VOXSANG2017)."\n'
            "range = [1, 100]\n\n[FIND]\n",
        ),
    ),
}
#: Around the middle of what seems possible for engulfment, minutes to a day.
ENGULFMENT = (fit.Free("KENG", "typical", 10.0, "log", 1.0),)

ALTERNATIVES: Mapping[str, Alternative] = {
    "as it is": Alternative(question="The model of docs/equations.md."),
    "simple competition": Alternative(question="One receptor, one ligand: GAMMA = 1?", fixed={"GAMMA": 1.0}),
    "no delay": Alternative(question="Blockade at once: KE0 = 10 per day?", fixed={"KE0": 10.0}),
    "low production": Alternative(
        question="Total production half the normal instead of twice (111In, immature fraction): EPS = 0.25?",
        fixed={"EPS": 0.25},
    ),
    "slow loss": Alternative(
        question="Slower loss of infused IgG (KIM2007: fcrn_effect = 1.42), with more loss of potency?",
        fixed={"fcrn_effect": 1.42},
    ),
    "free steepness in antibody": Alternative(
        question="Is HA other than 1.5?", more=(fit.Free("HA", "typical", 1.5, "log", 0.3),)
    ),
    "two classes": Alternative(
        question="Non-responders as a class of their own (FIND near 0.5) instead of a wide spread of FIND?",
        edits={
            "src/itp_sim/distribution.py": (
                (
                    "    if record.logit_sd is not None:\n",
                    '    if record.name == "FIND":\n'
                    "        share = record.omega / (1 + record.omega)  # of non-responders, in place of a spread\n"
                    "        there = u > 1 - share\n"
                    "        within = np.where(there, (u - 1 + share) / share, u / (1 - share))\n"
                    "        within = np.clip(within, 1e-9, 1 - 1e-9)\n"
                    "        middle = np.where(there, 0.0, logit(record.value))\n"
                    "        return np.asarray(expit(middle + 0.5 * ndtri(within)))\n"
                    "    if record.logit_sd is not None:\n",
                ),
            ),
            "calibration/priors.toml": (
                ('value = 1.5\nscale = "log"\nsd = 0.5', 'value = 0.25\nscale = "log"\nsd = 0.5'),
            ),
        },
    ),
    "non-response by binding": Alternative(
        question="Do patients fail because IgG binds badly (IC50 over a wide range) rather than by FIND?",
        edits={
            "calibration/priors.toml": (
                ('value = 0.3\nscale = "log"\nsd = 0.5', 'value = 1.5\nscale = "log"\nsd = 0.5'),
                (
                    'value = 1.5\nscale = "log"\nsd = 0.5\nevidence = "assumed"\nnote = "Weak."',
                    'value = 0.5\nscale = "log"\nsd = 0.3\nevidence = "assumed"\nnote = "Small."',
                ),
            ),
        },
    ),
    "release": Alternative(
        question="Are platelets held at Fc receptors for hours, and set free when IVIG stops the binding?",
        edits=RELEASE,
        more=ENGULFMENT,
    ),
    "release, fast blockade": Alternative(
        question="The same with a blockade that sets in four times as fast: KE0 = 4?",
        edits=RELEASE,
        more=ENGULFMENT,
        fixed={"KE0": 4.0},
    ),
    "children as they are": Alternative(question="The model, fitted to the children.", population=CHILDREN),
    "children, release": Alternative(
        question="Is their first day fast because held platelets are set free?",
        population=CHILDREN,
        edits=RELEASE,
        more=ENGULFMENT,
    ),
    "children, release, fast blockade": Alternative(
        question="The same with KE0 = 4, the prior of KE0 not counted against it?",
        population=CHILDREN,
        edits=RELEASE,
        more=ENGULFMENT,
        fixed={"KE0": 4.0},
    ),
    "children, fast blockade": Alternative(
        question="KE0 = 4 alone, its prior not counted against it?", population=CHILDREN, fixed={"KE0": 4.0}
    ),
}


def answer(name: str, *, n: int = PATIENTS, gradients: int = GRADIENTS) -> dict[str, Any]:
    """Fit one alternative in this process, whose package is the edited one if it has edits."""
    one = ALTERNATIVES[name]
    population = one.population
    free = (*fit.priors(population), *one.more)
    done = fit.fit(population, n=n, fixed=one.fixed, free=free, gradients=gradients)
    asked = fit.overrides(population, done.free, done.place.tolist(), one.fixed)
    mechanism = {
        f"{key} {endpoint}": value
        for key in (MECHANISMS if population == ADULTS else ())
        for endpoint, value in trials.simulated(trials.load_trial(key), n=n, seed=fit.SEED, overrides=asked).items()
    }
    return {
        "name": name,
        "population": population,
        "loss": done.loss,
        "data": done.data,
        "best": {**one.fixed, **done.best},
        "mechanism": mechanism,
        "outside": [c.name for c, far in zip(done.chosen, done.distance, strict=True) if abs(far) > target.TWO_SIDED],
    }


def in_a_copy(name: str, *, n: int = PATIENTS, gradients: int = GRADIENTS) -> dict[str, Any]:
    """Fit one alternative in a process of its own, in an edited copy of the package."""
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        edited_copy(name, top)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(top), str(top / "src")))}
        run = partial(subprocess.run, cwd=top, env=environment, check=True, stdout=subprocess.PIPE, text=True)
        if ALTERNATIVES[name].edits:
            run([sys.executable, "-m", "itp_sim.generate"])
        run([sys.executable, "hatch_build.py"])
        call = f"answer({name!r}, n={n}, gradients={gradients})"
        code = f"import json; from calibration.alternatives import answer; print(json.dumps({call}))"
        return dict(json.loads(run([sys.executable, "-c", code]).stdout))


def edited_copy(name: str, top: Path) -> None:
    """Copy what the package needs to `top` and make the edits of an alternative there."""
    for item in COPIED:
        source = TOP / item
        if source.is_dir():
            shutil.copytree(source, top / item, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, top / item)
    for path, changes in ALTERNATIVES[name].edits.items():
        text = (top / path).read_text(encoding="utf-8")
        for old, new in changes:
            if text.count(old) != 1:
                raise ValueError(f"{path} holds {text.count(old)} times what {name!r} edits: {old!r}")
            text = text.replace(old, new)
        (top / path).write_text(text, encoding="utf-8")
