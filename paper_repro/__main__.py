"""``python -m paper_repro`` is ``paper-repro``."""

import sys

from paper_repro.command_line import main


sys.exit(main())
