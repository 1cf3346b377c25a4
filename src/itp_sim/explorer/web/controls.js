/* The controls: made once, they set `setting`, and `refresh` shows what is set. */

const SWITCH_HINTS = {
  "no FcRn effect": "infused IgG does not speed up the loss of IgG",
  "no blockade": "infused IgG does not block Fc-gamma clearance",
  "no TPO feedback": "thrombopoietin does not follow the count",
  splenectomy: "the spleen is taken out on day 0",
  "no remission": "the count does not come back on its own",
};

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
