"""The command line as ``python -m itp_sim``."""

import sys

from itp_sim.cli import main

if __name__ == "__main__":
    sys.exit(main())
