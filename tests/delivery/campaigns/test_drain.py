"""1,000 or 10,000 heartbeats that were recorded while the server was down, and then it is up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from tests.delivery.campaigns import number
from tests.delivery.campaigns.drainer import MIDNIGHT, Drained, Recorded
from tests.delivery.sending_scene import folder_in_memory
from tests.server import DIALECTS, Server
from tests.server.counting import total_of
from trayapp.delivery.account_sender import SECONDS_BETWEEN_POSTS, SECONDS_BETWEEN_ROUNDS

HEARTBEATS = number(full=10_000, short=1_000)
LIMIT_SECONDS = 300.0
DAY = datetime.fromtimestamp(MIDNIGHT, UTC).date()


@pytest.mark.skipif(sys.platform != "linux", reason="figures are read from /proc")
@pytest.mark.timeout(LIMIT_SECONDS)
@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_all_that_waited_for_a_server_arrives_in_order_and_no_faster_than_allowed(
    dialect: str,
) -> None:
    with Server(dialect, remember=1) as server, folder_in_memory() as folder:
        server.today(counted=True)
        server.set_time(MIDNIGHT + 86_000)
        # It keeps its port.
        server.stop()
        command = [sys.executable, "-m", "tests.delivery.campaigns.drainer", str(folder)]
        with subprocess.Popen(
            [*command, str(HEARTBEATS), server.api_url, server.key, dialect],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TZ": "UTC"},
        ) as process:
            try:
                assert process.stdout is not None
                recorded = Recorded(**json.loads(process.stdout.readline()))
                server.start()
                output, _ = process.communicate("up\n", LIMIT_SECONDS)
            finally:
                process.kill()
        drained = Drained(**json.loads(output))

        lines = [row["lines"] for row in server.heartbeats]
        assert lines == list(range(drained.count))
        assert server.total(DAY) == pytest.approx(drained.estimate, abs=0.1)
        before = [row for row in server.heartbeats if row["lines"] < HEARTBEATS]
        total = total_of(before, DIALECTS[dialect].counts, "UTC", DAY)
        assert total == pytest.approx(recorded.estimate, abs=0.1)
        # Of a number in whole seconds.
        assert drained.halfway[0] == pytest.approx(drained.halfway[1], abs=1.0)
        check_pace(drained.posts)
        milliseconds = 1000 * drained.processor_seconds / drained.count
        print(  # noqa: T201 -- the campaign's figures
            f"\n{dialect}: {drained.count} heartbeats in {len(drained.posts)} POSTs after"
            f" {recorded.attempts} attempts with the server down; recorded with"
            f" {1000 * recorded.record_seconds / HEARTBEATS:.2f} ms of the processor each; drained"
            f" with {milliseconds:.2f} ms each ({drained.processor_seconds:.1f} s in all,"
            f" {drained.count / drained.real_seconds:.0f} a second),"
            f" {drained.peak / 2**20:.1f} MiB more at most;"
            f" {drained.posts[-1] - drained.posts[0]:.0f} s on the injected clock"
        )


def check_pace(posts: Sequence[float]) -> None:
    """Hold POSTs against the rules: a second between two, half a minute between two rounds."""
    gaps = [later - earlier for earlier, later in pairwise(posts)]
    assert min(gaps) >= SECONDS_BETWEEN_POSTS - 1e-6
    # Within a round the next comes when its second is over.
    within = SECONDS_BETWEEN_POSTS + 1e-3
    begins = [posts[0], *(at for at, gap in zip(posts[1:], gaps, strict=True) if gap > within)]
    assert all(
        later - earlier >= SECONDS_BETWEEN_ROUNDS - 1e-6 for earlier, later in pairwise(begins)
    )
    assert len(begins) > 1
