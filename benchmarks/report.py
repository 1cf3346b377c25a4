"""The tables, as text that reads on a terminal and as Markdown."""

import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version

from benchmarks.claims import KERNEL, MRGSOLVE, PATIENTS, Claim, claims
from benchmarks.measure import Cost, Growth, Scan
from benchmarks.problem import ACCURACY, ARMS, DAYS, PER_DAY, POPULATION
from benchmarks.run import Cold, Results
from benchmarks.work import Peak, Work

PACKAGES = ("numpy", "scipy", "numba", "libroadrunner", "diffrax", "jax")


def lines(results: Results) -> list[str]:
    """The whole report."""
    why = results.absent.get(MRGSOLVE, "it was left out")
    judged = claims(results.costs, latency=results.latency, public=results.public, why_no_mrgsolve=why)
    seconds = results.costs[KERNEL].best if KERNEL in results.costs else None
    return [
        *problem_lines(results.judged, results.load),
        *cost_table(results.costs, results.scans, latency=results.latency, cold=results.cold),
        *(f"Left out: {key}: {reason}." for key, reason in results.absent.items()),
        "",
        *equations_table(results.equations, results.costs),
        *throughput_table(results.throughput),
        *_thread_lines(results.threads),
        *growth_table(results.growth),
        *(work_lines(results.work, results.peak, seconds) if seconds else []),
        *claim_table(judged),
    ]


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1) -> list[str]:
    """Markdown table in columns: the first `words` to the left, the numbers after them to the right."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]

    def text(line: Sequence[str]) -> str:
        cells = [
            cell.ljust(w) if i < words else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        ]
        return f"| {' | '.join(cells)} |"

    rule = f"|{'|'.join('-' * (w + 2) if i < words else '-' * (w + 1) + ':' for i, w in enumerate(widths))}|"
    return [text(lines[0]), rule, *map(text, lines[1:]), ""]


def problem_lines(judged: int, load: tuple[float, float]) -> list[str]:
    """What was asked of every engine, and where."""
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return [
        f"- Virtual patients of `{POPULATION}`, {DAYS:g} days, {PER_DAY} counts a day, regimens {' and '.join(ARMS)} "
        "of the default product with the rate steps of its label.",
        "- Every engine is tuned, by a scan of its tolerance, to a largest relative error of the count of "
        f"{ACCURACY:g} or less, measured over {judged} patients, both regimens and all output days against the "
        "reference solver at rtol 1e-12.",
        "- A run is one patient under one regimen. Times are CPU times on one core; engines take turns, and the least "
        "of an engine's turns counts, since whatever else the machine does only adds. One that is much slower than the "
        "fastest of its kind takes one turn. The untreated steady state, and what else does not change during a run, "
        "was computed beforehand for every engine but those of itp_sim, whose times include it, as they include peak, "
        "area and the audit of mass.",
        f"- Machine: {_processor()}; {platform.system()}, Python {platform.python_version()}; {', '.join(found)}. "
        f"Load of the machine: {load[0]:.1f} before the run, {load[1]:.1f} after it.",
        "",
    ]


def cost_table(
    costs: dict[str, Cost], scans: dict[str, Scan], *, latency: dict[str, float], cold: dict[str, Cold]
) -> list[str]:
    """Engines side by side at equal accuracy."""
    rows = []
    for key, cost in costs.items():
        chosen, fresh = scans[key].chosen, cold.get(key)
        if chosen is None:
            continue
        rows.append(
            (
                key,
                f"{chosen.rtol:.1e}",
                f"{cost.error:.1e}",
                _short(1e6 * cost.best),
                _short(1e6 * cost.middle),
                _short(cost.best / costs[KERNEL].best) if KERNEL in costs else "",
                f"{cost.patients:,}",
                _short(1e3 * latency[key]) if key in latency else "",
                *((f"{fresh.first:.2f}", f"{fresh.again:.2f}") if fresh else ("", "")),
                f"{fresh.memory:.0f}" if fresh else "",
                f"{fresh.many:.0f} ({fresh.patients:,})" if fresh else "",
            )
        )
    head = ("engine", "rtol", "error", "µs a run", "median", "x kernel", "patients x 2", "one patient ms")
    more = ("fresh process CPU-s", "again", "MB", "MB (patients)")
    failed = [f"{key}: no tolerance tried reaches {ACCURACY:g}." for key, scan in scans.items() if scan.chosen is None]
    return [*table((*head, *more), rows), *failed]


def equations_table(given: dict[str, str], costs: dict[str, Cost]) -> list[str]:
    """Form of the right-hand side in each engine that was timed."""
    rows = [(key, form) for key, form in given.items() if key in costs]
    return [
        *table(("engine", "right-hand side"), rows, words=2),
        "Printed: straight-line arithmetic generated from equations.py, common parts computed once, and what is "
        "constant during a run computed beforehand; faster than the equations as they stand.",
        "",
    ]


def throughput_table(rows: dict[str, dict[int, tuple[float, bool]]]) -> list[str]:
    """CPU seconds for cohorts; what was not run is marked."""
    sizes = sorted({n for row in rows.values() for n in row})
    cells = [
        (key, *(f"{'' if measured else '~'}{_short(seconds)}" for seconds, measured in (row[n] for n in sizes)))
        for key, row in rows.items()
    ]
    return [
        *table(("CPU-s for patients x 2", *(f"{n:,}" for n in sizes)), cells),
        "~ was not run: extrapolated in proportion from the cost of a run above.",
        "",
    ]


def _thread_lines(found: dict[int, float]) -> list[str]:
    each = [
        f"{1e6 * seconds:.1f} µs with {number} thread{'s' if number > 1 else ''}" for number, seconds in found.items()
    ]
    return [f"Wall time of a run of the kernel: {', '.join(each)}.", ""]


def growth_table(found: dict[str, list[Growth]]) -> list[str]:
    """Slopes of the logarithm of the cost."""
    rows = []
    for key, growths in found.items():
        for one in growths:
            times = ", ".join(f"{size:g}: {_short(1e3 * s)}" for size, s in zip(one.sizes, one.seconds, strict=True))
            rows.append((key, one.of, times, f"{one.slope:.2f}"))
    return table(("engine", "what grows", "CPU-ms", "log-log slope"), rows, words=3)


def work_lines(done: Work, peak: Peak | str, seconds: float) -> list[str]:
    """Operations of a run, and the share of the peak."""
    rows = [(name, f"{count:,.0f}", f"{100 * count / done.total:.0f}%") for name, count in done.by_part.items()]
    lines = table(("floating-point operations of a run", "number", "share"), [*rows, ("all", f"{done.total:,.0f}", "")])
    lines.append(
        f"Counted on the generated code times {done.steps:.1f} steps a run; + - * / count one each, a power by the "
        "operations of its exponential and logarithm; selecting between lanes and read-outs are not counted."
    )
    if isinstance(peak, str):
        return [*lines, f"The machine's peak was not measured: {peak}.", ""]
    rate = done.total / seconds
    return [
        *lines,
        f"The kernel does {rate / 1e9:.1f} GFlop/s: {100 * rate / peak.separate:.0f}% of the "
        f"{peak.separate / 1e9:.0f} GFlop/s that products and sums in {peak.lanes} lanes reach on one core. With fused "
        f"instructions that would be {peak.fused / 1e9:.0f}; the kernel does without, so that every machine gives the "
        f"same bits. At the peak a run would take {1e6 * done.total / peak.separate:.1f} µs.",
        "",
    ]


def claim_table(claims: list[Claim]) -> list[str]:
    """Aims and what was measured."""
    ratios = f"Ratios are of {PATIENTS:,} patients x 2 regimens on one core; an engine timed on fewer is marked."
    rows = [(one.aim, one.measured, one.verdict) for one in claims]
    return [ratios, "", *table(("aim", "measured", "verdict"), rows, words=3)]


def _short(x: float) -> str:
    """Three digits, never with an exponent."""
    return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
