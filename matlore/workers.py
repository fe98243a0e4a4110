"""How worker processes begin and end, wherever a stage starts some."""

import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import wait

__all__ = ["follow_parent"]


def follow_parent() -> None:
    """Leave Ctrl-C to the parent, and end when the parent is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        sentinel = parent.sentinel
        threading.Thread(target=lambda: (wait([sentinel]), os._exit(1)), daemon=True).start()
