"""How often heartbeats are sent, as ~/.wakatime.cfg says."""

from __future__ import annotations

import math

from trayapp.settings.wakatime_cfg import WakatimeCfg

ROUNDS_SETTING = "heartbeat_rate_limit_seconds"

SECONDS_BETWEEN_ROUNDS = 30.0

LONGEST_SECONDS = 24 * 3600.0


def read_seconds_between_rounds(cfg: WakatimeCfg) -> tuple[float, tuple[str, ...]]:
    """Read how long one round follows after another, 0 for at once, with warnings.

    As in wakatime-cli a negative number counts as 0, and what is no number as the default. Raises
    ConfigError where it has more than one line.
    """
    setting = cfg.get(ROUNDS_SETTING)
    if setting is None:
        return SECONDS_BETWEEN_ROUNDS, ()
    try:
        seconds = float(setting.value)
    except ValueError:
        seconds = math.nan
    if seconds <= LONGEST_SECONDS:
        return max(0.0, seconds), ()
    warning = (
        f"{setting.source}: {ROUNDS_SETTING} is no number of seconds up to "
        f"{LONGEST_SECONDS:.0f}; the default is used"
    )
    return SECONDS_BETWEEN_ROUNDS, (warning,)
