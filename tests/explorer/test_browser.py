"""The explorer page in a browser: opened from disk, moved by mouse and keyboard, quiet, quick and readable."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from tests.explorer import chromium
from tests.explorer.chromium import Browser

from itp_sim.explorer import readouts, settings, write_explorer
from itp_sim.explorer.settings import CONTROLS, COURSES, Setting

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(chromium.found() is None, reason="Chromium is not installed"),
]

#: Milliseconds that one move of a slider may take, the page laid out again.
FRAME = 16
ARMS = ("first", "second")
TAB, ENTER, SPACE, LEFT, RIGHT, DOWN, END = 9, 13, 32, 37, 39, 40, 35


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_explorer(tmp_path_factory.mktemp("page") / "explorer.html").as_uri()


@pytest.fixture(scope="module")
def one_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def browser(one_browser: Browser, address: str) -> Iterator[Browser]:
    """The page as it opens; afterwards nobody must have complained, and nothing been asked for but the file."""
    one_browser.size(1280, 800)
    one_browser.open("about:blank")
    one_browser.events.clear()
    one_browser.open(address)
    yield one_browser
    assert one_browser.complaints() == []
    asked = {
        url.split("#")[0].split("?")[0] for url in one_browser.requests() if not url.startswith(("blob:", "about:"))
    }
    assert asked <= {address}


def table(browser: Browser, name: str = "readouts") -> list[list[str]]:
    rows = f"[...document.querySelectorAll('#{name} tbody tr')]"
    return browser.run(
        f"{rows}.map((row) => [...row.querySelectorAll('td')].slice(0, 2).map((cell) => cell.textContent))"
    )


def python(setting: Setting) -> list[list[str]]:
    return [list(row) for row in readouts.printed(settings.run(setting))]


def text(browser: Browser, selector: str) -> str:
    return browser.run(f"document.querySelector({json.dumps(selector)}).textContent")


def chip(group: str, label: str) -> str:
    return f"{group} button[data-name={json.dumps(label)}]"


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_shows_what_python_computes(browser: Browser) -> None:
    assert table(browser) == python(settings.typical())
    assert browser.run("document.querySelectorAll('main figure svg path').length") > 10


def test_opens_a_link(browser: Browser, address: str) -> None:
    browser.open(
        f"{address}?again#a=0.8x3x7&b=0x1x1&weight=92&platelets=8&production=0.7&escape=0.12"
        "&product=Privigen&off=splenectomy,no+TPO+feedback&days=84"
    )
    start = settings.typical()
    expected = start._replace(
        first=settings.Course(0.8, 3, 7),
        second=COURSES["no IVIG"],
        weight=92.0,
        platelets=8.0,
        production=0.7,
        escape=0.12,
        product="Privigen",
        off=("splenectomy", "no TPO feedback"),
        days=84,
    )
    assert table(browser) == python(expected)


def test_an_impossible_patient_is_explained(browser: Browser, address: str) -> None:
    browser.open(f"{address}?impossible#platelets=100&production=0.2")
    assert "could not be held" in text(browser, "#problem")
    browser.click(chip("#patients", "typical patient"))
    assert browser.run("document.querySelector('#problem').hidden")
    assert table(browser) == python(settings.typical())


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280, 1920])
def test_fits_every_screen(browser: Browser, width: int, *, dark: bool) -> None:
    browser.size(width, 812, dark=dark, phone=width < 600)
    time.sleep(0.3)
    assert browser.run("document.documentElement.scrollWidth") <= width
    sizes = browser.run(
        "[...document.querySelectorAll('svg text')].map((t) => parseFloat(getComputedStyle(t).fontSize))"
    )
    assert min(sizes) >= 12
    cut = browser.run(
        """[...document.querySelectorAll('main figure svg')].flatMap((svg) => {
          const box = svg.getBoundingClientRect();
          return [...svg.querySelectorAll('text')].filter((t) => {
            const r = t.getBoundingClientRect();
            return r.left < box.left - 1 || r.right > box.right + 1 || r.top < box.top - 1 || r.bottom > box.bottom + 1;
          }).map((t) => `${svg.id}: ${t.textContent}`);
        })"""
    )
    assert cut == []
    covered = browser.run(
        """[...document.querySelectorAll('main figure svg')].flatMap((svg) => {
          const all = [...svg.querySelectorAll('text')].map((t) => [t.textContent, t.getBoundingClientRect()]);
          return all.flatMap(([one, a], i) => all.slice(i + 1).filter(([, b]) =>
            a.left < b.right - 1 && b.left < a.right - 1 && a.top + 3 < b.bottom - 2 && b.top + 3 < a.bottom - 2)
            .map(([two]) => `${svg.id}: ${one} / ${two}`));
        })"""
    )
    assert covered == []


# --- mouse and keyboard -----------------------------------------------------------------------------------------------


def test_every_preset_by_mouse(browser: Browser) -> None:
    setting = settings.typical()
    for i, arm in enumerate(ARMS):
        for label, course in COURSES.items():
            place = f"#arms fieldset:nth-child({i + 1})"
            browser.click(chip(place, label))
            setting = setting._replace(**{arm: course})
            assert table(browser) == python(setting), (arm, label)
            assert browser.run(f"document.querySelector({json.dumps(chip(place, label))}).ariaPressed") == "true"
    for label, patient in settings.patients(settings.typical()).items():
        browser.click(chip("#patients", label))
        setting = patient._replace(first=setting.first, second=setting.second)
        assert table(browser) == python(setting), label
    browser.click("#again")
    assert table(browser) == python(settings.typical())


def test_every_slider_by_mouse(browser: Browser) -> None:
    for name in (*CONTROLS, *(f"{arm}-dose" for arm in ARMS), "day"):
        seen = set()
        for share in (0.15, 0.5, 0.85):
            browser.click(f"#{name}", share)
            seen.add(browser.run(f"document.querySelector('output[for={json.dumps(name)}]').textContent"))
        assert len(seen) == 3, (name, seen)


def test_the_whole_page_by_keyboard(browser: Browser) -> None:
    """Tab reaches every control, each of them changes by a key, and the focus is seen."""
    wanted = set(
        browser.run(
            "[...document.querySelectorAll('main button, main input, main select')]"
            ".filter((e) => !e.disabled && e.offsetParent && !e.readOnly).map((e) => e.id || e.dataset.name)"
        )
    )
    browser.run("document.body.focus()")
    reached: list[str] = []
    for _ in range(100):
        browser.key("Tab", TAB)
        here: dict[str, Any] = browser.run(
            "(() => { const e = document.activeElement;"
            " return { name: e.id || e.dataset.name || e.className, kind: e.type,"
            " seen: getComputedStyle(e).outlineStyle, value: e.type === 'checkbox' ? e.checked : e.value }; })()"
        )
        if reached and here["name"] == reached[0]:
            break
        reached.append(here["name"])
        kind = here.get("kind")
        if kind and kind != "text":
            assert here["seen"] != "none", here
        if kind == "range":
            browser.key("ArrowRight", RIGHT)
            assert browser.run("document.activeElement.value") != here["value"], here
        if kind == "checkbox":
            browser.key(" ", SPACE, text=" ")
            assert browser.run("document.activeElement.checked") is not here["value"], here
        if kind == "select-one":
            before = browser.run("document.activeElement.selectedIndex")
            browser.key("ArrowDown", DOWN)
            assert browser.run("document.activeElement.selectedIndex") == before + 1, here
    assert wanted <= set(reached)
    # Everything was moved by a step: the page still says what Python says.
    assert (
        len(browser.run("[...document.querySelectorAll('[type=checkbox]')].filter((e) => e.checked).map((e) => e.id)"))
        == 4
    )


def test_a_button_by_keyboard(browser: Browser) -> None:
    browser.run(f"document.querySelector({json.dumps(chip('#patients', 'no spleen'))}).focus()")
    browser.key("Enter", ENTER, text="\r")
    assert table(browser) == python(settings.patients(settings.typical())["no spleen"])
    browser.run("document.querySelector('#day').focus()")
    browser.key("End", END)
    assert text(browser, "#moment-day") == "42.0"


def test_the_pointer_reads_a_day(browser: Browser) -> None:
    browser.click("#panel-blockade", 0.5)
    first = table(browser, "moment")
    browser.click("#panel-count", 0.9)
    assert table(browser, "moment") != first


# --- said, kept, taken away -------------------------------------------------------------------------------------------


def test_every_control_has_a_name(browser: Browser) -> None:
    nameless = browser.run(
        """[...document.querySelectorAll('main button, main input, main select, main svg[role=img]')].filter((e) =>
          !e.labels?.length && !e.ariaLabel && !e.getAttribute('aria-labelledby')
          && !e.textContent.trim()).map((e) => e.outerHTML)"""
    )
    assert nameless == []


def test_changes_are_spoken_once_the_hand_rests(browser: Browser) -> None:
    browser.click(chip("#patients", "low production"))
    time.sleep(1.0)
    said = text(browser, "#status")
    assert said == text(browser, "#said") and "days" in said
    assert browser.run("document.querySelector('#status').ariaLive") == "polite"


def test_the_address_follows_the_setting(browser: Browser, address: str) -> None:
    assert browser.run("location.hash") == ""
    browser.click(chip("#patients", "low production"))
    time.sleep(0.6)
    link = browser.run("location.href")
    before = table(browser)
    browser.open("about:blank")
    browser.open(link)
    assert table(browser) == before


def test_picture_and_numbers_can_be_saved(browser: Browser, tmp_path: Path) -> None:
    browser.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    for button, name in (("#save-svg", "itp_ivig.svg"), ("#save-csv", "itp_ivig.csv")):
        browser.click(button)
        until = time.monotonic() + 10
        while not (tmp_path / name).exists() and time.monotonic() < until:
            time.sleep(0.05)
        assert (tmp_path / name).stat().st_size > 1000
    browser.click("#copy")


# --- quick ------------------------------------------------------------------------------------------------------------


def test_an_update_takes_less_than_a_frame(browser: Browser) -> None:
    """In time of the page's own thread, which other programs of a busy machine do not lengthen."""
    browser.call("Performance.enable", timeDomain="threadTicks")

    def spent() -> float:
        metrics = browser.call("Performance.getMetrics")["metrics"]
        return 1000 * sum(m["value"] for m in metrics if m["name"] == "TaskDuration")

    took = []
    for i in range(60):
        before = spent()
        browser.run(
            f"""(() => {{
              const input = document.querySelector('#production');
              input.value = {0.3 + 0.05 * i};
              input.dispatchEvent(new Event('input'));
              document.body.getBoundingClientRect();
            }})()"""
        )
        took.append(spent() - before)
    assert 0.5 < median(took) <= FRAME, sorted(took)
