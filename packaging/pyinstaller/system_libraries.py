"""Let what trayapp starts (a browser, git) load the system's libraries, not those beside trayapp.

PyInstaller's own start has set the variable, and the loader has read it by now.
"""

import os

before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
if before is not None:
    os.environ["LD_LIBRARY_PATH"] = before
else:
    os.environ.pop("LD_LIBRARY_PATH", None)
