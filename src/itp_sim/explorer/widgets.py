"""The explorer in a notebook: sliders, a picture and a table, renewed in place."""

import html
from os import PathLike
from typing import TYPE_CHECKING, Any

from itp_sim.errors import ItpError
from itp_sim.explorer import settings
from itp_sim.explorer.readouts import ROWS, printed
from itp_sim.explorer.settings import CONTROLS, COURSES, DAYS, DOSES, INTERVALS, NUMBERS, Course, Setting
from itp_sim.extras import missing
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.plots import ARMS, FLUXES
from itp_sim.usual import DEFAULT_POPULATION

if TYPE_CHECKING:
    import ipywidgets

#: Width of a label and of a column of controls, as style sheets write it.
LABEL, COLUMN = "13em", "27em"


def explore(population: str | PathLike[str] = DEFAULT_POPULATION) -> "ipywidgets.VBox":
    """Return the explorer for a notebook: two regimens side by side, in one patient, with sliders.

    It is shown where it is the last value of a cell. Every move of a control simulates both arms again and renews the
    picture and the read-outs in place.

    Parameters
    ----------
    population
        Population whose typical patient is shown at the start.

    Returns
    -------
    ipywidgets.VBox
        Controls, legend, picture and table.

    Raises
    ------
    UnknownNameError
        If there is no such population.
    MissingExtraError
        If ipywidgets is not installed.
    """
    start = settings.typical(population)
    try:
        import ipywidgets
    except ImportError as error:
        raise missing("notebooks", "explore() needs ipywidgets", "use the page of write_explorer()") from error
    return _Explorer(ipywidgets, population, start).box


class _Explorer:
    """Controls and what they show; the widgets hold it alive."""

    def __init__(self, widgets: Any, population: str | PathLike[str], start: Setting) -> None:
        from itp_sim.explorer.picture import Picture

        self._widgets, self._population = widgets, population
        self._picture = Picture()
        self._quiet = False
        self._arms = [self._arm_controls(course) for course in (start.first, start.second)]
        presets = settings.patients(start)
        self._sliders = {
            name: self._slider(name, [getattr(one, name) for one in presets.values()]) for name in CONTROLS
        }
        self._product = self._choice("Product", settings.product_names(), start.product)
        self._days = self._choice("Days shown", DAYS, start.days)
        self._switches = {name: self._switch(name) for name in settings.switches(population)}
        self._patients = self._buttons(presets, self._set_patient)
        self._legend, self._table, self._message = (widgets.HTML() for _ in range(3))
        self._image = widgets.Image(format="png", layout={"max_width": "100%", "object_fit": "contain"})
        self._set_patient(start)
        for control in self._controls():
            control.observe(self._changed, names="value")
        self.box = self._laid_out()
        self._update()

    def setting(self) -> Setting:
        """What the controls say."""
        first, second = (Course(dose.value, number.value, every.value) for dose, number, every, _ in self._arms)
        return Setting(
            first,
            second,
            **{name: slider.value for name, slider in self._sliders.items()},
            product=self._product.value,
            off=tuple(name for name, box in self._switches.items() if box.value),
            days=self._days.value,
        )

    # --- controls -----------------------------------------------------------------------------------------------------

    def _arm_controls(self, course: Course) -> tuple[Any, ...]:
        dose = self._widgets.SelectionSlider(
            options=[(f"{dose:g} g/kg" if dose else "none", dose) for dose in DOSES],
            value=course.dose,
            **self._look("Dose of one infusion"),
        )
        number = self._choice("Infusions", NUMBERS, course.n)
        every = self._choice("Days between them", INTERVALS, course.every)

        def choose(wanted: Course) -> None:
            dose.value, number.value, every.value = wanted

        return dose, number, every, self._buttons(COURSES, choose)

    def _slider(self, name: str, presets: list[float]) -> Any:
        control = CONTROLS[name]
        return self._widgets.FloatSlider(
            min=control.low,
            max=control.high,
            step=_fine_step(control.step, presets),
            readout_format=".2%" if control.unit == "%" else ".0f" if control.step >= 1 else ".2f",
            description=control.label if control.unit == "%" else f"{control.label} ({control.unit})",
            style={"description_width": "21em"},
            layout={"width": "37em"},
        )

    def _switch(self, name: str) -> Any:
        return self._widgets.Checkbox(value=False, description=name, indent=False, layout={"width": "auto"})

    def _choice(self, label: str, options: Any, value: Any) -> Any:
        return self._widgets.Dropdown(options=list(options), value=value, **self._look(label))

    def _look(self, label: str) -> dict[str, Any]:
        return {"description": label, "style": {"description_width": LABEL}, "layout": {"width": COLUMN}}

    def _buttons(self, wanted: Any, choose: Any) -> Any:
        """A row of buttons; each sets several controls and simulates once."""
        made = []
        for label, value in wanted.items():
            button = self._widgets.Button(description=label, layout={"width": "auto"})
            button.on_click(lambda _, value=value: self._at_once(choose, value))
            made.append(button)
        return self._widgets.HBox(made, layout={"flex_flow": "row wrap"})

    def _set_patient(self, wanted: Setting) -> None:
        for name, slider in self._sliders.items():
            slider.value = getattr(wanted, name)
        for name, box in self._switches.items():
            box.value = name in wanted.off

    def _controls(self) -> list[Any]:
        arms = [control for arm in self._arms for control in arm[:3]]
        return [*arms, *self._sliders.values(), self._product, self._days, *self._switches.values()]

    def _laid_out(self) -> Any:
        box, words = self._widgets.VBox, self._widgets.HTML
        columns = [
            box([words(f"<b>Regimen {name}</b> {_line(*ARMS[i][:2])}"), arm[3], *arm[:3]])
            for i, (name, arm) in enumerate(zip(settings.ARMS, self._arms, strict=True))
        ]
        columns[1].children += (self._product, self._days)
        switches = [words("<b>Switched off</b>"), *self._switches.values()]
        row = self._widgets.HBox(switches, layout={"flex_flow": "row wrap", "grid_gap": "0 1.2em"})
        patient = box([words("<b>Patient</b>"), self._patients, *self._sliders.values()])
        controls = self._widgets.HBox([*columns, patient], layout={"flex_flow": "row wrap", "grid_gap": "0 1em"})
        return box([controls, row, self._message, self._legend, self._image, self._table])

    # --- results ------------------------------------------------------------------------------------------------------

    def _at_once(self, choose: Any, value: Any) -> None:
        self._quiet = True
        try:
            choose(value)
        finally:
            self._quiet = False
        self._update()

    def _changed(self, _: object) -> None:
        if not self._quiet:
            self._update()

    def _update(self) -> None:
        """Simulate what the controls say and show it; where that cannot be, say why and leave what was shown."""
        setting = self.setting()
        try:
            run = settings.run(setting, self._population)
        except ItpError as error:
            self._message.value = f'<p role="alert"><b>{html.escape(str(error))}</b></p>'
            return
        self._message.value = ""
        self._image.value = self._picture.png(run)
        names = [str(name) for name in run.arm.to_numpy()]
        self._legend.value = _legend(names)
        self._table.value = _table(names, printed(run))


def _fine_step(step: float, presets: list[float]) -> float:
    """A step on which all `presets` lie: a front end moves a slider to the nearest step, and says so."""
    digits = max(len(f"{x:.6f}".rstrip("0").partition(".")[2]) for x in presets)
    return min(step, 10.0**-digits)


def _line(colour: str, style: Any) -> str:
    text = "━━━" if style == "-" else "╍╍╍"
    return f'<span style="color:{colour}">{text}</span>'


def _legend(names: list[str]) -> str:
    arms = [f"{_line(*ARMS[i][:2])} {html.escape(name)}" for i, name in enumerate(names)]
    areas = [f'<span style="color:{colour}">■</span> {label}' for colour, _, label in FLUXES.values()]
    return "<p>" + " &emsp; ".join([*arms, "━━━ made", *areas]) + "</p>"


def _table(names: list[str], cells: list[tuple[str, ...]]) -> str:
    heads = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in ("", *names, "unit"))
    body = "".join(
        f'<tr><th scope="row" style="text-align:left;font-weight:normal">{row.label}</th>'
        + "".join(f"<td>{html.escape(text)}</td>" for text in (*values, row.unit))
        + "</tr>"
        for row, values in zip(ROWS, cells, strict=True)
    )
    style = "text-align:right;border-spacing:1em 0"
    return f'<table style="{style}"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table><p>{RESEARCH_ONLY}</p>'
