"""The shell: ``itp-sim``, whose commands are in `itp_sim.cli.parser`."""

import os
import sys
import traceback
import warnings
from collections.abc import Sequence

from itp_sim import checks
from itp_sim.cli.output import print_note
from itp_sim.cli.parser import parser
from itp_sim.errors import InputError, ItpError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code: 0 done, 1 a failed run, 2 bad input, 130 interrupted."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _noted
            code = _run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt as stopped:
        print(f"itp-sim: {str(stopped) or 'interrupted'}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if "--debug" in arguments:
            traceback.print_exc()
        else:
            print(f"itp-sim: {' '.join(_cause(error).split())}", file=sys.stderr)
        return 2 if isinstance(error, InputError) else 1
    return code


def _run(arguments: list[str]) -> int:
    asked, commands = parser()
    if arguments and not arguments[0].startswith("-"):
        arguments[0] = checks.name("command", arguments[0], commands)
    try:
        options, unknown = asked.parse_known_args(arguments)
    except SystemExit as end:  # --help and --version, printed
        return int(end.code or 0)
    if unknown:
        name = unknown[0].split("=")[0]
        if not name.startswith("-"):
            raise InputError(f"{checks.shown(name)} is one word too many; put text with spaces in quotes")
        nearest = checks.name("option", name, commands.get(arguments[0], ("--help", "--version")))
        raise InputError(f"no option {checks.shown(name)}: write {nearest}")
    if hasattr(options, "run"):
        options.run(options)
    else:
        asked.print_help()
    return 0


def _noted(message: Warning | str, *_: object, **__: object) -> None:
    """A warning as the shell says it: one line, without the place in the program."""
    print_note(" ".join(str(message).split()))


def _cause(error: Exception) -> str:
    """What went wrong and the way out, in one sentence."""
    if isinstance(error, ItpError):
        return str(error)
    if isinstance(error, UnicodeEncodeError):
        return f"the terminal cannot show {error.object[error.start]!r}: set PYTHONIOENCODING=utf-8"
    return f"unexpected {type(error).__name__}: {error}; this is a fault of the program: see where with --debug"
