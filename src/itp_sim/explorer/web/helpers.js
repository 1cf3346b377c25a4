/* Elements of the page: made, filled, and left alone where nothing has changed. */

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
