/* What can be taken away: the picture and the numbers. */

/* The patient of a setting, and what else was set, in two lines. */
function saidOf(setting) {
  const values = Object.entries(DATA.controls).map(([name, { label, unit, scale }]) => {
    return `${label[0].toLowerCase()}${label.slice(1)} ${+(scale * setting[name]).toPrecision(3)} ${unit}`;
  });
  const off = setting.off.length ? `; switched off: ${setting.off.join(", ")}` : "";
  return [`Patient of ${DATA.population}: ${values.join("; ")}`, `Product: ${setting.product}${off}`];
}

/* The whole figure as one SVG file, in light colours and at a fixed size. */
function pictureOf(shown, setting, legend) {
  const size = 13;
  const theme = LIGHT;
  const look = { theme, size };
  const [wide, half, gap] = [960, 470, 20];
  const frame = (width, height, top = 30) => ({ width, height, left: 46, right: 40, top, bottom: 48 });
  const title = (text) => words(0, 14, text, { size: size + 1, colour: theme.ink, weight: 600 });
  const top = roundedUp(1.04 * highestFlux(shown.arms));
  const whole = ({ behind, curves }) => behind + curves;
  const flux = (i) => whole(fluxPanel(shown.arms[i], frame(half, 260), { ...look, days: shown.days, top, id: `saved-${i}` }));
  const placed = [
    [0, 112, "Platelet count (10⁹/L)", whole(countPanel(shown, frame(wide, 330, 46), look))],
    [0, 450, "IgG in plasma (g/L)", whole(linePanel(shown, frame(half, 230), { ...look, output: "igg" }))],
    [half + gap, 450, "Fc-gamma clearance blocked (%)", whole(linePanel(shown, frame(half, 230), { ...look, ...BLOCKADE }))],
    [0, 704, "Made (line) and lost (areas), A (10⁹/L per day)", flux(0)],
    [half + gap, 704, "Made (line) and lost (areas), B (10⁹/L per day)", flux(1)],
  ];
  const key = FLUXES.map((one, i) => {
    const id = `saved-key-${i}`;
    const box = tag("rect", { y: -10, width: 24, height: 12, fill: `url(#${id})` });
    const place = { transform: `translate(${46 + 210 * i} 990)` };
    return tag("g", place, tag("defs", {}, pattern(id, one, theme)) + box + words(30, 0, one.label, { size, colour: theme.ink }));
  });
  const lines = legend.map(({ style, text }, i) => {
    const place = { transform: `translate(0 ${54 + 20 * i})` };
    return tag("g", place, curve("M1 -4H33", style) + words(42, 0, text, { size, colour: theme.ink }));
  });
  const content = [
    tag("rect", { x: -20, y: -10, width: wide + 40, height: 1080, fill: theme.paper }),
    words(0, 22, "IVIG in immune thrombocytopenia, simulated", { size: 19, colour: theme.ink, weight: 600 }),
    ...lines,
    ...placed.map(([x, y, text, markup]) => tag("g", { transform: `translate(${x} ${y})` }, title(text) + markup)),
    ...key,
    ...[...saidOf(setting), `${DATA.notice} itp_sim ${DATA.version}`].map((text, i) => {
      return words(0, 1020 + 18 * i, text, { size: 12, colour: theme.quiet });
    }),
  ];
  const box = { viewBox: `-20 -10 ${wide + 40} 1080`, width: wide + 40, height: 1080 };
  const font = { "font-family": "system-ui, Arial, sans-serif" };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${tag("svg", { xmlns: "http://www.w3.org/2000/svg", ...box, ...font }, content.join("\n"))}\n`;
}

/* Every curve of both arms as a table; lines before it say what it is. */
function tableOf(shown, setting, names, link) {
  const quoted = (text) => `"${String(text).replaceAll('"', '""')}"`;
  const heads = OUTPUT_NAMES.map((name) => quoted(DATA.outputs[name].unit ? `${name} [${DATA.outputs[name].unit}]` : name));
  const lines = [
    quoted(`# ${DATA.notice} itp_sim ${DATA.version}`),
    ...saidOf(setting).map((text) => quoted(`# ${text}`)),
    quoted(`# ${link}`),
    ["arm", "regimen", "day", ...heads].join(","),
  ];
  shown.arms.forEach((arm, i) => {
    arm.days.forEach((day, at) => {
      lines.push([ARM_STYLES[i].name, quoted(names[i]), day, ...OUTPUT_NAMES.map((name) => arm.curves[name][at])].join(","));
    });
  });
  return `${lines.join("\r\n")}\r\n`;
}

function download(name, text, kind) {
  const url = URL.createObjectURL(new Blob([text], { type: kind }));
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
