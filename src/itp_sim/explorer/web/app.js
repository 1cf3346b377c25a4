/* The page: controls set `setting`, every change simulates both arms again and shows them. */

const at = (id) => document.getElementById(id);
const SWITCH_HINTS = {
  "no FcRn effect": "infused IgG does not speed up the loss of IgG",
  "no blockade": "infused IgG does not block Fc-gamma clearance",
  "no TPO feedback": "thrombopoietin does not follow the count",
  splenectomy: "the spleen is taken out on day 0",
};
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
const PANELS = ["count", "igg", "blockade", "first", "second"];
const ARM_FIELDS = ["first", "second"];

let setting = fromFragment(location.hash);
let shown = null;
let day = 3;
let scale = null;
let waitingToSpeak = 0;
let waitingToLink = 0;

/* --- small helpers -------------------------------------------------------------------------------------------------- */

function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, given] of Object.entries(properties)) {
    if (key in element) element[key] = given;
    else element.setAttribute(key, given);
  }
  element.append(...children);
  return element;
}

/* What is there already is left alone: the browser would lay it out again. */
const drawnBefore = new WeakMap();

function fresh(element, markup) {
  if (drawnBefore.get(element) === markup) return;
  drawnBefore.set(element, markup);
  element.innerHTML = markup;
}

function attribute(element, name, given) {
  if (element.getAttribute(name) !== String(given)) element.setAttribute(name, given);
}

function says(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/* Rows of a table, each a list of texts of which the first is a heading; cells stay, their texts change. */
function fillTable(table, rows) {
  const body = table.tBodies[0];
  if (body.rows.length !== rows.length) {
    const cells = ([, ...rest]) => [make("th", { scope: "row" }), ...rest.map(() => make("td"))];
    body.replaceChildren(...rows.map((texts) => make("tr", {}, ...cells(texts))));
  }
  rows.forEach((texts, i) => texts.forEach((text, k) => says(body.rows[i].cells[k], text)));
}

const pretty = (text) => text.replaceAll(" x ", " × ");

/* As settings.Course.text in Python. */
function courseText({ dose, n, every }) {
  if (!dose) return "no IVIG";
  if (n === 1) return `${dose} g/kg`;
  return `${dose} g/kg ${every === 1 ? "daily" : `every ${every} days`} x ${n}`;
}

function courseTotal({ dose, n }) {
  return dose && n > 1 ? `${courseText(arguments[0])} = ${+(dose * n).toFixed(3)} g/kg` : courseText(arguments[0]);
}

function sameSetting(one, two) {
  return JSON.stringify(one) === JSON.stringify(two);
}

function themeNow() {
  return matchMedia("(prefers-color-scheme: dark)").matches ? DARK : LIGHT;
}

function change(changes) {
  setting = { ...setting, ...changes };
  update();
}

/* --- controls, made once -------------------------------------------------------------------------------------------- */

function chip(text, choose, pressed) {
  const button = make("button", { type: "button" }, pretty(text));
  button.dataset.name = text;
  button.addEventListener("click", choose);
  button.refresh = () => attribute(button, "aria-pressed", pressed());
  return button;
}

function slider({ id, label, low, high, step, read, write, text }) {
  const input = make("input", { type: "range", id, min: low, max: high, step });
  const output = make("output", { htmlFor: id });
  input.addEventListener("input", () => write(Number(input.value)));
  const block = make("div", { className: "slider" }, make("label", { htmlFor: id }, label), output, input);
  block.refresh = () => {
    /* The setting may lie between two steps; only a hand on the slider moves it to one. */
    if (document.activeElement !== input || Math.abs(Number(input.value) - read()) > step / 2) input.value = read();
    says(output, text(read()));
    attribute(input, "aria-valuetext", text(read()));
  };
  return block;
}

function choice({ id, label, options, read, write, text = String }) {
  const select = make("select", { id, ariaLabel: label });
  for (const option of options) select.append(make("option", { value: option }, text(option)));
  select.addEventListener("change", () => write(options[select.selectedIndex]));
  select.refresh = () => {
    select.selectedIndex = options.indexOf(read());
  };
  return select;
}

const refreshed = [];

function keep(element) {
  refreshed.push(element);
  return element;
}

function armControls(field, i) {
  const { name } = ARM_STYLES[i];
  const set = (changes) => change({ [field]: { ...setting[field], ...changes } });
  const chips = Object.entries(DATA.courses).map(([label, course]) =>
    keep(chip(label, () => set(course), () => courseText(setting[field]) === courseText(course))),
  );
  const dose = slider({
    id: `${field}-dose`,
    label: "Dose of one infusion",
    low: DATA.doses[0],
    high: DATA.doses.at(-1),
    step: 0.1,
    read: () => setting[field].dose,
    write: (given) => set({ dose: given }),
    text: (given) => (given ? `${given} g/kg` : "none"),
  });
  const number = choice({
    id: `${field}-number`,
    label: `Infusions in ${name}`,
    options: DATA.numbers,
    read: () => setting[field].n,
    write: (n) => set({ n }),
    text: (n) => (n === 1 ? "1 infusion" : `${n} infusions`),
  });
  const every = choice({
    id: `${field}-every`,
    label: `Days between infusions in ${name}`,
    options: DATA.intervals,
    read: () => setting[field].every,
    write: (given) => set({ every: given }),
    text: (days) => (days === 1 ? "daily" : `every ${days} days`),
  });
  const means = make("p", { className: "hint" });
  means.refresh = () => {
    says(means, courseMeans(field, i));
    every.disabled = setting[field].n === 1;
  };
  const key = make("span", { className: "key" });
  key.refresh = () => {
    fresh(key, swatch({ of: "arm", style: ARM_STYLES[i] }, themeNow()));
  };
  const group = make("div", { className: "chips", role: "group", ariaLabel: `Regimens for ${name} to start from` }, ...chips);
  const line = make("div", { className: "line" }, keep(number), keep(every));
  const legend = make("legend", {}, keep(key), `Regimen ${name}`);
  return make("fieldset", {}, legend, group, keep(dose), line, keep(means));
}

/* What a course comes to: grams, hours, and what is not shown of it. */
function courseMeans(field, i) {
  const arm = shown?.arms[i];
  if (!arm || !arm.infusions.length) return "";
  const { grams, hours } = arm.readouts;
  const late = arm.infusions.filter(({ start }) => start >= setting.days).length;
  const tail = late ? ` ${late} of the infusions come after the days shown.` : "";
  return `${pretty(courseTotal(setting[field]))}; ${printed(grams, 0)} g, ${printed(hours, 1)} h on the drip in all.${tail}`;
}

function buildControls() {
  at("arms").append(...ARM_FIELDS.map(armControls));
  for (const [label, patient] of Object.entries(DATA.patients)) {
    const wanted = { off: patient.off };
    for (const name of Object.keys(DATA.controls)) wanted[name] = patient[name];
    const is = () => Object.keys(wanted).every((name) => sameSetting(setting[name], wanted[name]));
    at("patients").append(keep(chip(label, () => change(structuredClone(wanted)), is)));
  }
  for (const [name, { label, unit, low, high, step, scale: factor }] of Object.entries(DATA.controls)) {
    const text = (given) => `${+(factor * given).toPrecision(3)}${unit === "%" ? "" : " "}${pretty(` ${unit}`).trim()}`;
    const write = (given) => change({ [name]: given });
    at("patient").append(keep(slider({ id: name, label, low, high, step, read: () => setting[name], write, text })));
  }
  for (const name of Object.keys(DATA.switches)) at("mechanisms").append(keep(mechanism(name)));
  const product = { names: DATA.products.map(({ name }) => name), note: at("product-note") };
  fill(at("product"), product.names, product.names, () => setting.product, (given) => change({ product: given }));
  product.note.refresh = () => {
    says(product.note, DATA.products.find(({ name }) => name === setting.product).note);
  };
  keep(product.note);
  const weeks = DATA.lengths.map((days) => `${days / 7} weeks`);
  fill(at("length"), DATA.lengths, weeks, () => setting.days, (days) => change({ days }));
  at("again").addEventListener("click", () => change(structuredClone(DATA.typical)));
}

function fill(select, values, texts, read, write) {
  texts.forEach((text) => select.append(make("option", {}, text)));
  select.addEventListener("change", () => write(values[select.selectedIndex]));
  select.refresh = () => {
    select.selectedIndex = values.indexOf(read());
  };
  keep(select);
}

function mechanism(name) {
  const id = `off-${name.replaceAll(" ", "-")}`;
  const box = make("input", { type: "checkbox", id });
  box.addEventListener("change", () => {
    const off = Object.keys(DATA.switches).filter((one) => (one === name ? box.checked : setting.off.includes(one)));
    change({ off });
  });
  const hint = make("span", { className: "hint", id: `${id}-hint` }, SWITCH_HINTS[name] ?? "");
  box.setAttribute("aria-describedby", hint.id);
  const label = make("label", { className: "switch", htmlFor: id }, box, make("span", {}, name), hint);
  label.refresh = () => {
    box.checked = setting.off.includes(name);
  };
  return label;
}

/* --- results -------------------------------------------------------------------------------------------------------- */

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

/* --- link, files, pointer ------------------------------------------------------------------------------------------- */

function writeLink() {
  if (sameSetting(setting, DATA.typical) && !location.hash) return;
  history.replaceState(null, "", toFragment(setting));
}

function linkNow() {
  return `${location.href.split("#")[0]}${toFragment(setting)}`;
}

async function copyLink() {
  writeLink();
  try {
    await navigator.clipboard.writeText(linkNow());
    at("status").textContent = at("copy").textContent = "Link copied";
  } catch {
    at("link-field").hidden = false;
    at("link").value = linkNow();
    at("link").select();
    at("status").textContent = at("copy").textContent = "Copy it from the field";
  }
  setTimeout(() => {
    at("copy").textContent = "Copy link";
  }, 3000);
}

function followPointer(name) {
  const svg = at(`panel-${name}`);
  const move = (event) => {
    if (!scale) return;
    const x = event.clientX - svg.getBoundingClientRect().left;
    const step = 2;
    day = Math.min(Math.max(Math.round(scale[name].day(x) * step) / step, 0), setting.days);
    showDay();
  };
  svg.addEventListener("pointermove", move);
  svg.addEventListener("pointerdown", move);
}

function start() {
  buildControls();
  PANELS.forEach(followPointer);
  at("day").addEventListener("input", () => {
    day = Number(at("day").value);
    showDay();
  });
  at("controls").addEventListener("submit", (event) => event.preventDefault());
  at("copy").addEventListener("click", copyLink);
  const names = () => ARM_FIELDS.map((field) => courseText(setting[field]));
  at("save-svg").addEventListener("click", () => download("itp_ivig.svg", pictureOf(shown, setting, legendLines()), "image/svg+xml"));
  at("save-csv").addEventListener("click", () => download("itp_ivig.csv", tableOf(shown, setting, names(), linkNow()), "text/csv"));
  addEventListener("hashchange", () => {
    const said = fromFragment(location.hash);
    if (!sameSetting(said, setting)) change(said);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    showFluxLegend();
    update();
  });
  const counts = Object.entries(DATA.evidence).map(([kind, n]) => `${n} ${kind}`).join(", ");
  at("evidence").textContent = `Of the numbers of this patient's model: ${counts}. Those of the blockade were fitted to group results, and several trade off.`;
  at("definition").textContent = `Response: ${DATA.definition.title}.`;
  at("version").textContent = `itp_sim ${DATA.version}, population ${DATA.population}. Trade names belong to their owners.`;
  showFluxLegend();
  update();
  /* Drawn again when the panels get another width. */
  let width = at("panel-count").parentElement.clientWidth;
  new ResizeObserver(([{ target }]) => {
    if (target.clientWidth === width) return;
    width = target.clientWidth;
    showPanels();
    showDay();
  }).observe(at("panel-count").parentElement);
}

start();
