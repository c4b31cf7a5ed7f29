from __future__ import annotations

import signal

# A shell starts what runs in its background with SIGINT ignored, and every process that a test
# starts would inherit that; some of them are to be interrupted.
signal.signal(signal.SIGINT, signal.default_int_handler)
