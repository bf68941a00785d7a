# SPDX-License-Identifier: Apache-2.0
"""A wire that loses, repeats, reorders and delays frames, between a VM's tap and another one.

    python relay.py --seed 1 --loss 0.02 ... PACKET-FD TAP-FD

The first descriptor is a packet socket on the VM's interface, the second a tap whose interface
has the addresses; a process of its own, so that the wire does not wait for the test. It prints
`ready`, and its counts as JSON at the end (SIGTERM). The kernel's netem does the same where it is
built in; here it is not, and a fixed seed gives the same fate to the same number of frames.
"""
from __future__ import annotations

import argparse
import dataclasses
import errno
import heapq
import json
import os
import random
import select
import signal
import sys
import time
from typing import Sequence

FRAME_BYTES_MAX = 1 << 17


@dataclasses.dataclass(frozen=True)
class Impairment:
    """What happens to frames: probabilities, in both directions, and a delay in milliseconds.

    A reordered frame comes `reorder_ms` later than it would have.
    """

    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    reorder_ms: float = 4.0
    delay_ms: float = 0.0
    seed: int = 1

    def argv(self) -> list[str]:
        """Return the options that say the same to this file as a program."""
        return [f"--{key}={value}" for key, value in dataclasses.asdict(self).items()]

    def fate(self, chance: random.Random) -> tuple[float, ...]:
        """When copies of the next frame come, in milliseconds from now; none: it is lost."""
        if chance.random() < self.loss:
            return ()
        late_ms = self.reorder_ms if chance.random() < self.reorder else 0.0
        copies = 2 if chance.random() < self.duplicate else 1
        return (self.delay_ms + late_ms,) * copies


class Direction:
    """Frames from one descriptor to the other."""

    def __init__(self, source: int, target: int, impairment: Impairment, seed: int) -> None:
        self._source = source
        self._target = target
        self._impairment = impairment
        self._chance = random.Random(seed)
        self._late: list[tuple[float, int, bytes]] = []
        self.counts = {"frames": 0, "lost": 0, "repeated": 0, "late": 0, "refused": 0}

    def receive(self, now_s: float) -> None:
        """Take what has come."""
        while True:
            try:
                frame = os.read(self._source, FRAME_BYTES_MAX)
            except OSError as error:
                # Nothing left; or the VM has ended, and its interface with it.
                if error.errno not in (errno.EAGAIN, errno.ENETDOWN):
                    raise
                return
            self.counts["frames"] += 1
            fate_ms = self._impairment.fate(self._chance)
            self.counts["lost"] += not fate_ms
            self.counts["repeated"] += len(fate_ms) > 1
            for after_ms in fate_ms:
                if after_ms:
                    self.counts["late"] += 1
                    entry = (now_s + after_ms / 1000, self.counts["late"], frame)
                    heapq.heappush(self._late, entry)
                else:
                    self._send(frame)

    def send_due(self, now_s: float) -> float | None:
        """Send what is due; return the time of the next, if there is one."""
        while self._late and self._late[0][0] <= now_s:
            self._send(heapq.heappop(self._late)[2])
        return self._late[0][0] if self._late else None

    def _send(self, frame: bytes) -> None:
        try:
            os.write(self._target, frame)
        except OSError:
            # As a full queue of a real wire: the frame is lost.
            self.counts["refused"] += 1


def run(packet: int, tap: int, impairment: Impairment) -> None:
    """Relay until SIGTERM."""
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    directions = {
        packet: Direction(packet, tap, impairment, 2 * impairment.seed),
        tap: Direction(tap, packet, impairment, 2 * impairment.seed + 1),
    }
    for descriptor in directions:
        os.set_blocking(descriptor, False)
    print("ready", flush=True)
    while not stopped:
        now_s = time.monotonic()
        due_s = [due for each in directions.values() if (due := each.send_due(now_s)) is not None]
        wait_s = max(0.0, min(due_s) - now_s) if due_s else None
        ready = select.select([*directions, reader], [], [], wait_s)[0]
        for descriptor in ready:
            if descriptor in directions:
                directions[descriptor].receive(time.monotonic())
    counts = {"from_vm": directions[packet].counts, "to_vm": directions[tap].counts}
    print(json.dumps(counts), flush=True)


def main(arguments: Sequence[str]) -> int:
    """Parse the command line and relay."""
    parser = argparse.ArgumentParser()
    for field in dataclasses.fields(Impairment):
        kind = int if field.name == "seed" else float
        parser.add_argument(f"--{field.name}", type=kind, default=field.default)
    parser.add_argument("packet", type=int)
    parser.add_argument("tap", type=int)
    options = vars(parser.parse_args(arguments))
    run(options.pop("packet"), options.pop("tap"), Impairment(**options))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
