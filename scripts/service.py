"""Runs one `chaqi` command as a service of `chaqi up`: it ends when its supervisor does, however that ends.

The supervisor holds the other end of our standard input; the kernel closes it when the supervisor dies.
"""

from __future__ import annotations

import os
import signal
import threading

from scripts.chaqi import main


def _end_with_supervisor() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    threading.Thread(target=_end_with_supervisor, name="lifeline", daemon=True).start()
    main()
