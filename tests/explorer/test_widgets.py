"""The explorer in a notebook, without a front end: controls change the picture and the table in place, and quickly."""

import sys
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

import itp_sim
from itp_sim.errors import MissingExtraError, UnknownNameError
from itp_sim.explorer import readouts, settings
from itp_sim.explorer.picture import PIXELS, Picture
from itp_sim.explorer.settings import CONTROLS, COURSES, Setting

widgets = pytest.importorskip("ipywidgets")

#: Milliseconds of processor time that one move of a control may take.
ALLOWED = 100


@pytest.fixture(scope="module")
def one_box() -> Any:
    return itp_sim.explore()


@pytest.fixture
def box(one_box: Any) -> Any:
    """The explorer as it starts; it is made once, because its picture takes most of the time."""
    named(one_box, "Product").value = settings.typical().product
    named(one_box, "Days shown").value = settings.typical().days
    named(one_box, "1 g/kg", 0).click()
    named(one_box, "1 g/kg daily x 2", 1).click()
    named(one_box, "typical patient").click()
    return one_box


def below(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from below(child)


def named(box: Any, start: str, which: int = 0) -> Any:
    """A control by its description, or the start of it where none has it whole."""
    begun = [one for one in below(box) if getattr(one, "description", "").startswith(start)]
    return ([one for one in begun if one.description == start] or begun)[which]


def picture(box: Any) -> Any:
    (found,) = [one for one in below(box) if isinstance(one, widgets.Image)]
    return found


def page(box: Any) -> str:
    return " ".join(one.value for one in below(box) if isinstance(one, widgets.HTML))


def cells(setting: Setting) -> str:
    return "".join(
        "".join(f"<td>{text}</td>" for text in (*row, one.unit))
        for one, row in zip(readouts.ROWS, readouts.printed(settings.run(setting)), strict=True)
    )


def shown(box: Any) -> str:
    """All cells of the table, without its headings."""
    body = page(box).split("<tbody>")[1].split("</tbody>")[0]
    return "".join(f"<td>{part.split('</td>')[0]}</td>" for part in body.split("<td>")[1:])


def test_starts_with_the_typical_patient(box: Any) -> None:
    assert shown(box) == cells(settings.typical())
    assert itp_sim.RESEARCH_ONLY in page(box)
    assert "A: 1 g/kg" in page(box) and "B: 1 g/kg daily x 2" in page(box)
    assert Image.open(BytesIO(picture(box).value)).size == PIXELS


def test_every_control_changes_what_is_shown(box: Any) -> None:
    image = picture(box)
    moved = [
        ("Dose of one infusion", 0, 0.5),
        ("Infusions", 0, 3),
        ("Days between", 0, 7),
        ("Dose of one infusion", 1, 0.4),
        ("Infusions", 1, 5),
        ("Days between", 1, 2),
        *((control.label, 0, control.low + 0.4 * (control.high - control.low)) for control in CONTROLS.values()),
        ("Product", 0, "Privigen"),
        ("Days shown", 0, 84),
        *((name, -1, off) for name in itp_sim.MECHANISM_SWITCHES for off in (True, False)),
    ]
    for start, which, value in moved:
        before, table = image.value, page(box)
        named(box, start, which).value = value
        assert (image.value, page(box)) != (before, table), start
    assert picture(box) is image


def test_buttons_set_regimens_and_patients(box: Any) -> None:
    setting = settings.typical()
    for i, arm in enumerate(("first", "second")):
        for label, course in COURSES.items():
            named(box, label, i).click()
            setting = setting._replace(**{arm: course})
            assert shown(box) == cells(setting), (arm, label)
    for label, patient in settings.patients(settings.typical()).items():
        named(box, label).click()
        assert shown(box) == cells(patient._replace(first=setting.first, second=setting.second)), label


@pytest.mark.parametrize("population", itp_sim.populations())
def test_typical_values_lie_on_a_step(population: str) -> None:
    """A front end would move the slider to the nearest step, and the typical patient with it."""
    box = itp_sim.explore(population)
    start = settings.typical(population)
    for name, control in CONTROLS.items():
        slider = named(box, control.label)
        assert slider.value == getattr(start, name)
        for patient in settings.patients(start).values():
            steps = (getattr(patient, name) - slider.min) / slider.step
            assert abs(steps - round(steps)) < 1e-6


def test_an_impossible_patient_is_explained_and_what_was_shown_stays(box: Any) -> None:
    production, count = named(box, CONTROLS["production"].label), named(box, CONTROLS["platelets"].label)
    production.value = 0.2
    image, table = picture(box).value, shown(box)
    count.value = 100
    assert "cannot be held" in page(box) and 'role="alert"' in page(box)
    assert (picture(box).value, shown(box)) == (image, table)
    production.value = 1.0
    assert "cannot be held" not in page(box)


def test_an_update_is_quick(box: Any) -> None:
    slider = named(box, CONTROLS["production"].label)
    took = []
    for value in np.linspace(0.5, 2.5, 11):
        start = time.process_time()
        slider.value = float(value)
        took.append(1000 * (time.process_time() - start))
    slower = 3 if sys.gettrace() else 1  # coverage is measured
    assert min(took) <= slower * ALLOWED, took  # what else runs on the machine only adds


def test_the_same_run_gives_the_same_picture() -> None:
    one, two = settings.run(settings.typical()), settings.run(settings.typical()._replace(production=2.5, days=84))
    picture = Picture()
    first = picture.png(one)
    assert picture.png(two) != first
    # After other axes, everything is back in its place.
    assert picture.png(one) == first == Picture().png(one)


def test_matplotlib_is_left_as_it_was() -> None:
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    before, figures = dict(mpl.rcParams), plt.get_fignums()
    itp_sim.explore()
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == figures


def test_without_ipywidgets_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(MissingExtraError, match=r'pip install .*"ipywidgets>=') as caught:
        itp_sim.explore()
    assert "\n" not in str(caught.value)


def test_unknown_population_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="adult_chronic"):
        itp_sim.explore("adult_chronik")


def test_remission_can_be_switched_off_where_patients_recover_on_their_own() -> None:
    box = itp_sim.explore("child_newly_diagnosed")
    before = page(box)
    named(box, settings.REMISSION, -1).value = True
    assert page(box) != before
    start = settings.typical("child_newly_diagnosed")._replace(first=COURSES["no IVIG"], second=COURSES["no IVIG"])
    run = settings.run(start._replace(off=(settings.REMISSION,)), "child_newly_diagnosed")
    untreated = run.platelets.to_numpy()
    assert untreated == pytest.approx(start.platelets, rel=1e-6)
    assert settings.REMISSION not in settings.switches()
