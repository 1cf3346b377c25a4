"""Floating-point work of the kernel, counted on the generated code, against the most that one core computes.

Counted are the additions, subtractions, products and divisions of the traced programs, the sums over stages of the
method's tables, the estimate of the error and the polynomials that are read on the output days; a power counts with
the operations of its exponential and logarithm. Not counted: selecting between lanes, and the search for crossings.
"""

import ast
import ctypes
import inspect
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from benchmarks.problem import ARMS, Runs
from itp_sim.generate.model import Program, programs
from itp_sim.generate.trace import below
from itp_sim.solve import elementary, kernel, method

SOURCE = Path(__file__).with_name("peak.c")
#: Independent chains of operations that are tried, and rounds of each try.
CHAINS, ROUNDS, TRIES = (16, 24), 1_000_000, 5
#: States that are the one before plus an increment: those of the last two stages, and the result.
BARE = 3
#: Evaluating a polynomial of degree four, for the count and for IgG.
POLYNOMIALS = 2 * 8


class Work(NamedTuple):
    """Operations of one patient under one regimen, averaged over both."""

    steps: float
    by_part: dict[str, float]  #: operations

    @property
    def total(self) -> float:
        """All operations."""
        return sum(self.by_part.values())


def work(asked: dict[str, Runs], rtol: float) -> Work:
    """Count the operations of the patients in `asked`."""
    patients = len(next(iter(asked.values())).schedules)
    tried = sum(kernel.solve(runs.problem(rtol)).evaluations for runs in asked.values()) / method.STAGES
    steps = tried / (patients * len(ARMS))
    count = {program.name: operations(program) for program in programs()}
    states = len(next(iter(asked.values())).y)
    newton = method.NEWTON * (count["tpo_next"] + count["survival_next"])
    rows = lambda table: sum(2 * len(row) for row in table)  # noqa: E731
    parts = {
        "right-hand side and Jacobian factors": count["linearise"] + (method.STAGES - 1) * count["rhs"],
        "linear solves": method.STAGES * count["substitute"],
        "sums over stages": states * (rows(method.STATE) + rows(method.RIGHT) + BARE) + rows(method.RIGHT) / 2,
        "estimate of the error": 6 * states + power_operations(),
        "count and IgG within a step": (method.STAGES + 2) * count["watch"] + 2 * rows(method.DENSE),
    }
    by_part = {name: steps * each for name, each in parts.items()}
    start = sum(count[name] for name in ("tpo_first", "survival_first", "untreated", "baseline", "constants"))
    by_part["untreated steady state, at most"] = start + newton
    by_part["output days"] = POLYNOMIALS * len(next(iter(asked.values())).times)
    return Work(steps, by_part)


def operations(program: Program) -> int:
    """Floating-point operations of one call of `program`."""
    given = {x for nodes in program.inputs.values() for x in nodes}
    roots = [x for nodes in program.outputs.values() for x in nodes]
    kinds = Counter(x.op for x in below(roots, given) if x not in given)
    return sum(kinds[op] for op in ("add", "sub", "mul", "inv")) + kinds["pow"] * power_operations()


def power_operations() -> int:
    """Operations of one power: those written in its exponential and logarithm, and two around them."""
    written = (ast.parse(inspect.getsource(function)) for function in (elementary.log2, elementary.exp2))
    arithmetic = (ast.Add, ast.Sub, ast.Mult, ast.Div)
    found = [node for tree in written for node in ast.walk(tree) if isinstance(node, ast.BinOp)]
    return sum(isinstance(node.op, arithmetic) for node in found) + 2


class Peak(NamedTuple):
    """Most operations a second of one core."""

    separate: float  #: products and sums as instructions of their own, as the kernel has them
    fused: float  #: both in one instruction
    lanes: int


def peak() -> Peak | str:
    """Measure the peak with the compiler that builds the kernel; or say why not."""
    from hatch_build import working_compiler

    compiler = working_compiler()
    if not compiler:
        return "no C compiler"
    lanes = _lanes()
    best = {"off": 0.0, "fast": 0.0}
    with tempfile.TemporaryDirectory() as folder:
        libraries = []
        for contract in best:
            for chains in CHAINS:
                target = Path(folder) / f"{contract}{chains}.so"
                flags = ["-O3", "-march=native", f"-mprefer-vector-width={64 * lanes}", f"-ffp-contract={contract}"]
                sizes = [f"-DLANES={lanes}", f"-DCHAINS={chains}", "-fPIC", "-shared"]
                command = [*compiler, *flags, *sizes, str(SOURCE), "-o", str(target)]
                done = subprocess.run(command, check=False, capture_output=True, text=True)
                if done.returncode:
                    return f"the compiler failed: {done.stderr.strip()[-200:]}"
                libraries.append((contract, ctypes.CDLL(str(target))))
        for _ in range(TRIES):
            for contract, library in libraries:
                best[contract] = max(best[contract], _speed(library))
    return Peak(best["off"], best["fast"], lanes)


def _speed(library: ctypes.CDLL) -> float:
    library.operations.argtypes = (ctypes.c_long, ctypes.c_void_p)
    kept = (ctypes.c_double * 8)()
    start = time.process_time()
    each = library.operations(ROUNDS, kept)
    return float(each * ROUNDS / (time.process_time() - start))


def _lanes() -> int:
    library = kernel.find().library
    return int(library.itp_widest()) if library else 2
