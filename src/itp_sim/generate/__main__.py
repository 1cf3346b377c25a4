"""Rewrites the generated files: ``python -m itp_sim.generate``, or ``--check`` to compare only."""

import sys

from itp_sim.generate.files import generated


def main(arguments: list[str]) -> int:
    """Write each generated file that has changed; with ``--check`` say so and return 1 instead."""
    old = {path: text for path, text in generated().items() if not path.exists() or path.read_text("utf-8") != text}
    for path, text in old.items():
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{path.name} {'is out of date' if '--check' in arguments else 'written'}\n")
    return int("--check" in arguments and bool(old))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
