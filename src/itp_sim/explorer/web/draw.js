/* A small renderer: a panel of curves as SVG markup, for the page and for the saved picture alike. */

const BLUE = "#0072B2";
const RED = "#D55E00";
const GREEN = "#009E73";
const PINK = "#CC79A7";
/* Colour and dashes of the arms; the dashes repeat what the colour says. */
const ARM_STYLES = [
  { name: "A", colour: BLUE, dash: "" },
  { name: "B", colour: RED, dash: "7 4" },
];
const LIGHT = { ink: "#000000", quiet: "#55606a", line: "#d8dcdf", paper: "#ffffff", fill: 0.45 };
const DARK = { ink: "#e7ecef", quiet: "#a9b4bc", line: "#343d44", paper: "#191f24", fill: 0.8 };
/* Losses of platelets, in the order of the stack. */
const FLUXES = [
  { name: "spleen_clearance", label: "cleared by the spleen", colour: RED, pattern: "plain" },
  { name: "liver_clearance", label: "cleared by the liver", colour: PINK, pattern: "rising" },
  { name: "haemostatic_use", label: "used for haemostasis", colour: GREEN, pattern: "dots" },
  { name: "senescence", label: "died of age", colour: BLUE, pattern: "falling" },
];

function escaped(text) {
  const marks = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return String(text).replace(/[&<>"']/g, (mark) => marks[mark]);
}

/* An element as markup; attributes that are null are left out. */
function tag(name, attributes, content = "") {
  const written = Object.entries(attributes)
    .filter(([, given]) => given !== null && given !== "")
    .map(([key, given]) => ` ${key}="${escaped(given)}"`);
  return `<${name}${written.join("")}>${content}</${name}>`;
}

/* Smallest of a few round numbers that is at least `x`, so that a scale holds still while a slider moves. */
function roundedUp(x) {
  const power = 10 ** Math.floor(Math.log10(x));
  return [1, 1.2, 1.6, 2, 2.5, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= x * (1 - 1e-9));
}

/* Ticks from 0 to `top`, about `n` of them. */
function ticks(top, n) {
  const rough = top / n;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((m) => m >= rough * (1 - 1e-9));
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, i) => i * step);
}

/* Where a panel puts a day and a value, within a frame {width, height, left, right, top, bottom} in pixels. */
function scales(frame, days, top) {
  const wide = frame.width - frame.left - frame.right;
  const high = frame.height - frame.top - frame.bottom;
  return {
    x: (day) => frame.left + (wide * day) / days,
    y: (value) => frame.top + high * (1 - value / top),
    day: (x) => ((x - frame.left) / wide) * days,
  };
}

/* A tenth of a pixel is fine enough; rounding is faster than writing digits. */
const tenth = (x) => Math.round(10 * x) / 10;

/* Output days that are drawn, no nearer to each other than a pixel and a half, as places and words. */
function drawnDays(days, scale) {
  const places = [];
  let last = -Infinity;
  days.forEach((day, i) => {
    const x = scale.x(day);
    if (x - last < 1.5 && i < days.length - 1) return;
    places.push([i, `${tenth(x)} `]);
    last = x;
  });
  return places;
}

/* The path through values on days; backwards, it goes on from where a path ended. */
function points(days, values, scale, { backwards = false } = {}) {
  scale.drawn ??= drawnDays(days, scale);
  const parts = scale.drawn.map(([i, x]) => x + tenth(scale.y(values[i])));
  return backwards ? `L${parts.reverse().join("L")}` : `M${parts.join("L")}`;
}

function curve(path, { colour, dash, width = 2.4, opacity = null }) {
  const attributes = { d: path, fill: "none", stroke: colour, "stroke-width": width, "stroke-dasharray": dash };
  return tag("path", { ...attributes, "stroke-linejoin": "round", opacity });
}

function words(x, y, text, { size, colour, anchor = "start", weight = null }) {
  const where = { x: x.toFixed(1), y: y.toFixed(1), "font-size": size, fill: colour, "text-anchor": anchor };
  return tag("text", { ...where, "font-weight": weight }, escaped(text));
}

/* Axes, grid and ticks. */
function axes(frame, scale, { days, top, theme, size, label }) {
  const { left, right, width, height, bottom } = frame;
  const floor = height - bottom;
  let markup = "";
  for (const value of ticks(top, frame.height < 240 ? 4 : 5)) {
    const y = scale.y(value);
    markup += rule(left, y, width - right, y, { colour: value ? theme.line : theme.quiet });
    markup += words(left - 7, y + size * 0.35, String(+value.toFixed(6)), { size, colour: theme.quiet, anchor: "end" });
  }
  const week = (width - left - right) / (days / 7) < 2.6 * size ? 14 : 7;
  for (let day = 0; day <= days; day += week) {
    const x = scale.x(day);
    markup += rule(x, floor, x, floor + 4, { colour: theme.quiet });
    markup += words(x, floor + 5 + size, String(day), { size, colour: theme.quiet, anchor: "middle" });
  }
  const middle = (left + width - right) / 2;
  return markup + words(middle, floor + 8 + 2 * size, label, { size, colour: theme.quiet, anchor: "middle" });
}

function rule(x1, y1, x2, y2, { colour, width = 1, dash = null }) {
  const ends = { x1: x1.toFixed(1), y1: y1.toFixed(1), x2: x2.toFixed(1), y2: y2.toFixed(1) };
  return tag("line", { ...ends, stroke: colour, "stroke-width": width, "stroke-dasharray": dash });
}

/* Fill of one loss: its colour, lightened, with hatching that repeats what the colour says. */
function pattern(id, { colour, pattern: kind }, theme) {
  const back = tag("rect", { width: 8, height: 8, fill: colour, opacity: theme.fill });
  const line = (d) => tag("path", { d, stroke: theme.paper, "stroke-width": 1.4 });
  const marks = {
    plain: "",
    rising: line("M-2 2L2 -2M0 8L8 0M6 10L10 6"),
    falling: line("M-2 6L2 10M0 0L8 8M6 -2L10 2"),
    dots: tag("circle", { cx: 4, cy: 4, r: 1.5, fill: theme.paper }),
  };
  return tag("pattern", { id, width: 8, height: 8, patternUnits: "userSpaceOnUse" }, back + marks[kind]);
}

/* Heights moved apart so that no two of these ascending places are nearer than `least`. */
function apart(places, least) {
  const moved = places.slice();
  for (let i = 1; i < moved.length; i++) moved[i] = Math.min(moved[i], moved[i - 1] - least);
  return moved;
}
