"""The clocks we go by: one place to read them and to wait, so that tests may let hours pass."""

import time

monotonic = time.monotonic  # seconds; for deadlines
sleep = time.sleep
now_s = time.time  # seconds since 1970; for comparing with other machines' clocks
