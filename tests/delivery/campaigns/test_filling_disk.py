"""A real disk (tmpfs) that fills up in the middle of a batch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.server import DIALECTS

LIMIT_SECONDS = 50.0


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's namespaces")
@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_what_was_sent_and_could_not_be_marked_is_not_sent_again(
    tmp_path: Path, dialect: str
) -> None:
    command = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-m"]

    done = subprocess.run(
        [*command, "tests.delivery.campaigns.filling", str(tmp_path), dialect],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )

    if "unshare" in done.stderr:
        pytest.skip(f"no namespaces here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    print(f"\n{done.stdout}")  # noqa: T201 -- the campaign's figures
