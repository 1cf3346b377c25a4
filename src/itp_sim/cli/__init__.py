"""The shell: ``itp-sim``, whose commands are in `itp_sim.cli.parser`."""

import argparse
import os
import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from functools import partial

from itp_sim import checks
from itp_sim.cli.output import print_note
from itp_sim.cli.parser import parser
from itp_sim.cli.typed import as_typed
from itp_sim.errors import InputError, ItpError

__all__ = ["main"]

_OF_NO_COMMAND = ("-h", "--help", "--version")
#: Options that people type for regimens, and the commands that take regimens without one.
_FOR_REGIMENS = ("--regimen", "--regimens", "--dose", "--doses", "--arm", "--arms")
_TAKE_REGIMENS = ("compare", "sensitivity", "export")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code: 0 done, 1 a failed run, 2 bad input, 130 interrupted."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    asked, commands = parser()
    said = partial(_said, arguments, commands)
    try:
        with warnings.catch_warnings():
            # Without its place; only the package's own words are translated.
            warnings.showwarning = lambda message, kind, *_, **__: print_note(
                said(str(message)) if kind is UserWarning else _one_line(str(message))
            )
            code = _run(arguments, asked, commands)
        sys.stdout.flush()
    except KeyboardInterrupt as stopped:
        print(f"itp-sim: {said(str(stopped)) or 'interrupted'}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if "--debug" in arguments:
            traceback.print_exc()
        else:
            cause = _one_line(_cause(error))
            print(f"itp-sim: {said(cause) if isinstance(error, ItpError) else cause}", file=sys.stderr)
        return 2 if isinstance(error, InputError) else 1
    return code


def _run(arguments: list[str], asked: argparse.ArgumentParser, commands: Mapping[str, Sequence[str]]) -> int:
    if arguments and not arguments[0].startswith("-"):
        arguments[0] = checks.name("command", arguments[0], commands)
    elif arguments and arguments[0] not in _OF_NO_COMMAND:
        command = next((word for word in arguments if word in commands), "COMMAND")
        raise InputError(f"options follow the command: write itp-sim {command} ... {arguments[0]}")
    try:
        options, unknown = asked.parse_known_args(arguments)
    except SystemExit as end:  # --help and --version, printed
        return int(end.code or 0)
    if unknown:
        name = unknown[0].split("=")[0]
        if not name.startswith("-"):
            raise InputError(f"{checks.shown(name)} is one word too many; put text with spaces in quotes")
        raise InputError(_no_option(name, arguments[0], commands.get(arguments[0], _OF_NO_COMMAND)))
    if hasattr(options, "run"):
        options.run(options)
    else:
        asked.print_help()
    return 0


def _no_option(name: str, command: str, options: Sequence[str]) -> str:
    """What to write instead of an option that the command does not have."""
    if name in _FOR_REGIMENS and command in _TAKE_REGIMENS:
        return f"no option {checks.shown(name)}: a regimen is written without an option, just '1 g/kg'"
    if name in _FOR_REGIMENS and "--dose" in options:
        return f"no option {checks.shown(name)}: write --dose '1 g/kg', and again for another"
    return f"no option {checks.shown(name)}: write {checks.name('option', name, options)}"


def _said(arguments: list[str], commands: Mapping[str, Sequence[str]], message: str) -> str:
    """What a function says, in one line and in the words of the command that was typed."""
    words = [part for word in arguments for part in (word, word.partition("=")[2])]
    return as_typed(_one_line(message), commands.get(arguments[0], ()) if arguments else (), words)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cause(error: Exception) -> str:
    """What went wrong and the way out, in one sentence."""
    if isinstance(error, ItpError):
        return str(error)
    if isinstance(error, UnicodeEncodeError):
        return f"the terminal cannot show {error.object[error.start]!r}: set PYTHONIOENCODING=utf-8"
    return f"unexpected {type(error).__name__}: {error}; this is a fault of the program: see where with --debug"
