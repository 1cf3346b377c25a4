/* The page: controls set `setting`, every change simulates both arms again and shows them. */

const at = (id) => document.getElementById(id);
const PANELS = ["count", "igg", "blockade", "first", "second"];
const ARM_FIELDS = ["first", "second"];

let setting = fromFragment(location.hash);
let shown = null;
let day = 3;
let scale = null;
let waitingToSpeak = 0;
let waitingToLink = 0;

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
