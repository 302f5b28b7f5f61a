"""`kill -9` at any moment: nobody gets a second copy, nobody is lost, the ledger agrees."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from email import message_from_bytes, policy
from pathlib import Path

from tests.cli.conftest import NOW, Digest

READERS = 300


def count(folder: Path) -> int:
    """How many messages there are."""
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0


def test_killed_send_resumes_without_a_second_copy(digest: Digest, lettre: Path) -> None:
    """`DIGEST_KILLS` sets how often; the moments are random, the end must be the same."""
    kills = int(os.environ.get("DIGEST_KILLS", "3"))
    readers = "".join(f"lecteur{n}@example.org,Lecteur {n}\n" for n in range(READERS))
    (lettre / "subscribers" / "sample.csv").write_text(f"email,name\n{readers}", encoding="utf-8")
    digest("send", "--dry-run")
    command = [sys.executable, "-m", "digest", "send", "--yes"]
    environment = {**os.environ, "DIGEST_NOW": NOW, "DIGEST__DELIVERY__BATCH": "10"}
    new = lettre / "outbox" / "new"
    seed = os.environ.get("DIGEST_KILL_SEED") or os.urandom(4).hex()
    by = f"(DIGEST_KILL_SEED={seed})"
    chance = random.Random(seed)
    killed_within = 0
    for _ in range(kills):
        process = subprocess.Popen(
            command,
            cwd=lettre,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        before = count(new)
        enough = before + chance.randint(1, max(2, 2 * READERS // kills))
        while process.poll() is None and count(new) < enough:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed_within += before < count(new) < READERS
    assert killed_within, f"no kill fell into a send {by}"
    final = digest("send", "--yes", "--json")
    assert final.code == 0, f"{final.err} {by}"
    balance = final.json
    assert (balance["accepted"], balance["unknown"], balance["pending"]) == (READERS, 0, 0), by
    received = Counter(
        message_from_bytes(file.read_bytes(), policy=policy.default)["To"].addresses[0].addr_spec
        for file in (lettre / "outbox" / "new").iterdir()
    )
    assert received == Counter(f"lecteur{n}@example.org" for n in range(READERS)), by
