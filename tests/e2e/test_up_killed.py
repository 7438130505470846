"""`chaqi up` killed at random moments: nothing is lost and nothing doubled."""

from __future__ import annotations

import random
import time

from tests.e2e.installation import Chaqi, acted, end

KILLS = 10


def test_killed_at_random_moments_nothing_is_lost_and_nothing_doubled(chaqi: Chaqi) -> None:
    moments = random.Random(521000)
    for _ in range(KILLS):
        process = chaqi.start("up")
        time.sleep(moments.uniform(1, 12))
        process.kill()
        process.communicate()
    last = chaqi.start("up")
    said = chaqi.await_line(last, "ready")
    code, reconciled = chaqi.run("mirror", "reconcile")
    assert code == 0, reconciled
    assert chaqi.get("/v1/trees?limit=1")["total"] == 300, said
    states = {act["state"] for act in chaqi.get("/v1/acts?limit=100")["items"]}
    assert states <= {"mined", "final"}
    assert end(last) == 0
    assert set(acted(chaqi).values()) == {1}
