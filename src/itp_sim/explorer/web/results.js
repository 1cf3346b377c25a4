/* What a setting comes to: simulated, drawn, tabled and said. */

/* Rows of the table of one day: words, unit, digits, value of an arm at an output day. */
const MOMENT = [
  ["count", "10⁹/L", 0, ({ platelets }, i) => platelets[i]],
  ["IgG in plasma", "g/L", 1, ({ igg }, i) => igg[i]],
  ["Fc-gamma clearance blocked", "%", 0, ({ blockade }, i) => 100 * blockade[i]],
  ["autoantibody, of untreated", "%", 0, ({ autoantibody }, i) => 100 * autoantibody[i]],
  ["thrombopoietin, of health", "×", 1, ({ tpo }, i) => tpo[i]],
  ["made", "10⁹/L per day", 0, ({ production }, i) => production[i]],
  ["lost", "10⁹/L per day", 0, (curves, i) => FLUXES.reduce((sum, { name }) => sum + curves[name][i], 0)],
];

function update() {
  const problem = impossible(parametersOf(setting));
  says(at("problem"), problem);
  at("problem").hidden = !problem;
  if (!problem) {
    const simulate = (one) => ARM_FIELDS.map((field) => simulateArm(one, one[field]));
    const intact = setting.off.length && !impossible(parametersOf({ ...setting, off: [] }));
    shown = { arms: simulate(setting), intact: intact ? simulate({ ...setting, off: [] }) : [], days: setting.days };
  }
  for (const element of refreshed) element.refresh();
  if (shown) {
    showLegend();
    showPanels();
    showReadouts(problem);
    showDay();
  }
  clearTimeout(waitingToLink);
  waitingToLink = setTimeout(writeLink, 400);
}

function legendLines() {
  const texts = ARM_FIELDS.map((field, i) => `${ARM_STYLES[i].name}: ${pretty(courseTotal(setting[field]))}`);
  const lines = texts.map((text, i) => ({ style: ARM_STYLES[i], text }));
  const thin = { colour: themeNow().quiet, dash: "", width: 1.2 };
  if (shown.intact.length) lines.push({ style: thin, text: "thin: nothing switched off" });
  return lines;
}

function showLegend() {
  const theme = themeNow();
  const item = ({ style, text }) => tag("li", {}, swatch({ of: "arm", style }, theme) + escaped(text));
  fresh(at("legend"), legendLines().map(item).join(""));
}

function showFluxLegend() {
  const theme = themeNow();
  const item = (kind, text, i) => tag("li", {}, swatch(kind, theme, `key-${i}`) + escaped(text));
  const areas = FLUXES.map((flux, i) => item({ of: "flux", flux }, flux.label, i));
  fresh(at("flux-legend"), item({ of: "line" }, "made by the marrow") + areas.reverse().join(""));
}

function showPanels() {
  const theme = themeNow();
  const size = 0.8 * parseFloat(getComputedStyle(document.documentElement).fontSize);
  const look = { theme, size };
  /* Before the page has been laid out there is nothing to draw on. */
  const widths = PANELS.map((name) => at(`panel-${name}`).parentElement.clientWidth);
  if (Math.min(...widths) < 100) return;
  const frame = (width, height, { top = 12, right = 1.2 * size } = {}) => {
    return { width, height: Math.round(height), left: 3.5 * size, right, top, bottom: 2 * size + 16 };
  };
  const large = Math.min(Math.max(0.42 * widths[0], 205), 32 * size);
  const small = (width) => Math.min(Math.max(0.5 * width, 190), 17 * size);
  const top = roundedUp(1.04 * highestFlux(shown.arms));
  const flux = (i) => (f) => fluxPanel(shown.arms[i], f, { ...look, days: shown.days, top, id: `flux-${i}` });
  const drawn = [
    [frame(widths[0], large, { top: 28, right: 3.1 * size }), (f) => countPanel(shown, f, look)],
    [frame(widths[1], small(widths[1])), (f) => linePanel(shown, f, { ...look, output: "igg" })],
    [frame(widths[2], small(widths[2])), (f) => linePanel(shown, f, { ...look, ...BLOCKADE })],
    [frame(widths[3], 1.15 * small(widths[3])), flux(0)],
    [frame(widths[4], 1.15 * small(widths[4])), flux(1)],
  ];
  scale = {};
  drawn.forEach(([f, draw], k) => {
    const svg = at(`panel-${PANELS[k]}`);
    const { behind, curves, scale: placed } = draw(f);
    scale[PANELS[k]] = { ...placed, from: f.top, to: f.height - f.bottom };
    if (!svg.firstChild) svg.innerHTML = '<g></g><g></g><line class="cursor" stroke-width="1" opacity="0.55"/>';
    const [back, front, cursor] = svg.children;
    attribute(svg, "viewBox", `0 0 ${f.width} ${f.height}`);
    attribute(svg, "height", f.height);
    attribute(cursor, "stroke", theme.ink);
    fresh(back, behind);
    front.innerHTML = curves;
  });
}

function showReadouts(problem) {
  const read = shown.arms.map(({ readouts }) => readouts);
  const values = (column, digits) => read.map((one) => printed(one[column], digits));
  fillTable(at("readouts"), DATA.rows.map(({ column, label, unit, digits }) => [label, ...values(column, digits), unit]));
  const said = problem || ARM_FIELDS.map((field, i) => sentence(read[i], i)).join(" ") + difference(read);
  says(at("said"), problem ? "The curves above are those of the setting before." : said);
  clearTimeout(waitingToSpeak);
  waitingToSpeak = setTimeout(() => {
    if (at("status").textContent !== said) at("status").textContent = said;
  }, 700);
}

function sentence(read, i) {
  const name = `${ARM_STYLES[i].name} (${pretty(courseText(setting[ARM_FIELDS[i]]))})`;
  if (printed(read.peak, 0) === printed(read.untreated, 0)) return `${name}: the count does not rise.`;
  const peak = `peak ${printed(read.peak, 0)} on day ${printed(read.peak_day, 1)}`;
  if (Number.isNaN(read.day_50)) return `${name}: ${peak}; 50 is not reached.`;
  const from = read.day_50 ? `50 on day ${printed(read.day_50, 1)}, ` : "";
  return `${name}: ${from}${peak}, ${printed(read.days_above_50, 1)} days at 50 or more.`;
}

function difference([a, b]) {
  if (Number.isNaN(a.day_50) || Number.isNaN(b.day_50)) return "";
  const longer = b.days_above_50 - a.days_above_50;
  if (printed(Math.abs(longer), 1) === "0.0") return " Both stay there equally long.";
  return ` That is ${printed(Math.abs(longer), 1)} days longer in ${longer > 0 ? "B" : "A"}.`;
}

/* The day that the line in the panels stands on, and the numbers of that day. */
function showDay() {
  day = Math.min(day, setting.days);
  const slide = at("day");
  slide.max = setting.days;
  slide.value = day;
  attribute(slide, "aria-valuetext", `day ${day}`);
  for (const id of ["day-shown", "moment-day"]) says(at(id), printed(day, 1));
  for (const name of scale ? PANELS : []) {
    const line = at(`panel-${name}`).querySelector(".cursor");
    const { x, from, to } = scale[name];
    const ends = { x1: x(day), x2: x(day), y1: from, y2: to };
    for (const [key, given] of Object.entries(ends)) attribute(line, key, given.toFixed(1));
  }
  const place = Math.round(day * DATA.per_day);
  const values = (read, digits) => shown.arms.map(({ curves }) => printed(read(curves, place), digits));
  fillTable(at("moment"), MOMENT.map(([label, unit, digits, read]) => [label, ...values(read, digits), unit]));
}
