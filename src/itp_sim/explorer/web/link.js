/* A setting as the fragment of a link, and back; whatever a link says is brought into what can be set. */

const COURSE_KEYS = { a: "first", b: "second" };

function toFragment(setting) {
  const said = new URLSearchParams();
  for (const [key, arm] of Object.entries(COURSE_KEYS)) {
    const { dose, n, every } = setting[arm];
    said.set(key, [dose, n, every].join("x"));
  }
  for (const name of Object.keys(DATA.controls)) said.set(name, setting[name]);
  said.set("product", setting.product);
  if (setting.off.length) said.set("off", setting.off.join(","));
  said.set("days", setting.days);
  return `#${said}`;
}

function fromFragment(fragment) {
  const said = new URLSearchParams(fragment.replace(/^#/, ""));
  const setting = structuredClone(DATA.typical);
  for (const [key, arm] of Object.entries(COURSE_KEYS)) {
    if (said.has(key)) setting[arm] = courseFrom(said.get(key), setting[arm]);
  }
  for (const [name, { low, high }] of Object.entries(DATA.controls)) {
    if (said.has(name)) setting[name] = within(said.get(name), low, high, setting[name]);
  }
  setting.product = oneOf(said.get("product"), DATA.products.map(({ name }) => name), setting.product);
  setting.off = (said.get("off") ?? "").split(",").filter((name) => Object.hasOwn(DATA.switches, name));
  setting.off = [...new Set(setting.off)];
  setting.days = oneOf(Number(said.get("days")), DATA.lengths, setting.days);
  return setting;
}

function courseFrom(text, otherwise) {
  const [dose, n, every] = text.split("x");
  return {
    dose: within(dose, DATA.doses[0], DATA.doses.at(-1), otherwise.dose),
    n: oneOf(Number(n), DATA.numbers, otherwise.n),
    every: oneOf(Number(every), DATA.intervals, otherwise.every),
  };
}

function within(text, low, high, otherwise) {
  const number = text?.trim() ? Number(text) : NaN;
  return Number.isFinite(number) ? Math.min(Math.max(number, low), high) : otherwise;
}

function oneOf(given, allowed, otherwise) {
  return allowed.includes(given) ? given : otherwise;
}
