"""Today's coding time in the system tray."""

__version__ = "0.1.0"
