/* The panels of the page, from simulated arms: what stands behind (axes, words) and the curves over it.

   The two are kept apart because only the curves change at most moves of a slider. */

const AXIS = "Days from the first infusion";
/* How the blockade is drawn. */
const BLOCKADE = { output: "blockade", factor: 100, top: 100 };

/* The panel of counts. `shown` is {arms, intact, days}; `intact` are the arms with nothing switched off. */
function countPanel(shown, frame, { theme, size }) {
  const { arms, intact, days } = shown;
  const highest = Math.max(...[...arms, ...intact].map((arm) => arm.readouts.peak), DATA.thresholds.at(-1) * 1.05);
  const top = roundedUp(1.04 * highest);
  const scale = scales(frame, days, top);
  const right = frame.width - frame.right;
  let behind = normalBand(frame, scale, top, { theme, size });
  behind += axes(frame, scale, { days, top, theme, size, label: AXIS });
  const heights = apart(DATA.thresholds.map((count) => scale.y(count)), size * 1.05);
  DATA.thresholds.forEach((count, i) => {
    const y = scale.y(count);
    behind += rule(frame.left, y, right, y, { colour: theme.quiet, dash: "2 3" });
    behind += words(right + 5, heights[i] + size * 0.35, String(count), { size, colour: theme.ink });
  });
  behind += doseMarks(arms, frame, scale, days);
  const line = (arm, style) => curve(points(arm.days, arm.curves.platelets, scale), style);
  const thin = intact.map((arm, i) => line(arm, { ...ARM_STYLES[i], width: 1.2, opacity: 0.75 }));
  return { behind, curves: [...thin, ...arms.map((arm, i) => line(arm, ARM_STYLES[i]))].join(""), scale };
}

function normalBand(frame, scale, top, { theme, size }) {
  const [low, high] = DATA.normal;
  if (low >= top) return "";
  const upper = scale.y(Math.min(high, top));
  const lower = scale.y(low);
  const wide = frame.width - frame.left - frame.right;
  const where = { x: frame.left, y: upper.toFixed(1), width: wide.toFixed(1), height: (lower - upper).toFixed(1) };
  const band = tag("rect", { ...where, fill: GREEN, opacity: 0.1 });
  if (lower - upper < 1.6 * size) return band;
  return band + words(frame.width - frame.right - 6, upper + 1.2 * size, "normal", { size, colour: theme.quiet, anchor: "end" });
}

/* A triangle above the frame for each infusion, one row an arm. */
function doseMarks(arms, frame, scale, days) {
  let markup = "";
  arms.forEach((arm, row) => {
    for (const { start } of arm.infusions.filter((infusion) => infusion.start < days)) {
      const x = scale.x(start);
      const y = frame.top - 19 + 10 * row;
      markup += tag("path", { d: `M${(x - 4.5).toFixed(1)} ${y}h9l-4.5 7z`, fill: ARM_STYLES[row].colour });
    }
  });
  return markup;
}

/* A panel of one output in both arms. */
function linePanel(shown, frame, { theme, size, output, factor = 1, top = null }) {
  const { arms, intact, days } = shown;
  const all = [...arms, ...intact].map((arm) => Array.from(arm.curves[output], (x) => factor * x));
  const high = top ?? roundedUp(1.04 * Math.max(...all.flat()));
  const scale = scales(frame, days, high);
  const behind = axes(frame, scale, { days, top: high, theme, size, label: AXIS });
  const line = (values, style) => curve(points(arms[0].days, values, scale), style);
  const thin = all.slice(arms.length).map((values, i) => line(values, { ...ARM_STYLES[i], width: 1.2, opacity: 0.75 }));
  return { behind, curves: [...thin, ...arms.map((_, i) => line(all[i], ARM_STYLES[i]))].join(""), scale };
}

/* Highest rate at which platelets are made or lost in any arm [10^9/L per day]. */
function highestFlux(arms) {
  let highest = 0;
  for (const { curves, days } of arms) {
    days.forEach((_, i) => {
      const lost = FLUXES.reduce((sum, { name }) => sum + curves[name][i], 0);
      highest = Math.max(highest, lost, curves.production[i]);
    });
  }
  return highest;
}

/* A panel of production against the stacked losses of one arm. */
function fluxPanel(arm, frame, { theme, size, days, top, id }) {
  const scale = scales(frame, days, top);
  let behind = tag("defs", {}, FLUXES.map((flux) => pattern(`${id}-${flux.name}`, flux, theme)).join(""));
  behind += axes(frame, scale, { days, top, theme, size, label: AXIS });
  let curves = "";
  let below = arm.days.map(() => 0);
  for (const { name } of FLUXES) {
    const above = below.map((sum, i) => sum + arm.curves[name][i]);
    const back = points(arm.days, below, scale, { backwards: true });
    curves += tag("path", { d: `${points(arm.days, above, scale)}${back}Z`, fill: `url(#${id}-${name})` });
    below = above;
  }
  curves += curve(points(arm.days, arm.curves.production, scale), { colour: theme.ink, dash: "" });
  return { behind, curves, scale };
}

/* A short line or patch for a legend. */
function swatch(kind, theme, id) {
  const line = (style) => curve("M1 7H33", style);
  const drawn = {
    arm: () => line(kind.style),
    line: () => line({ colour: theme.ink, dash: "" }),
    flux: () => tag("defs", {}, pattern(id, kind.flux, theme)) + tag("rect", { x: 4, y: 1, width: 26, height: 12, fill: `url(#${id})` }),
  }[kind.of]();
  return tag("svg", { width: 34, height: 14, viewBox: "0 0 34 14", "aria-hidden": "true" }, drawn);
}
