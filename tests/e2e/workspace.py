# SPDX-License-Identifier: Apache-2.0
"""Runs Pants as a user does, on copies of this repository and on other monorepos."""
from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from pipeline import ROOT

TREE = ("BUILD", "pants", "pants.toml", "docs", "examples", "kernel", "src", "tests")
# Fetching the toolchain is most of it.
TIMEOUT_S = 600

# The smallest example, and the first words of what makes it.
HELLO = "examples/hello:kernel"
BUILD_STEPS = {"Fetch", "Unpack", "Compile", "Link"}


@dataclass(frozen=True)
class Workspace:
    """A monorepo, the launcher that it uses, and the store of its builds."""

    root: Path
    launcher: Path
    store: Path
    environment: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def copy_repository(root: Path, store: Path, **environment: str) -> "Workspace":
        """A copy of this repository; builds there have these variables in place of ours."""
        for entry in TREE:
            source = ROOT / entry
            if source.is_dir():
                shutil.copytree(source, root / entry)
            else:
                root.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, root / entry)
        return Workspace(root, root / "pants", store, environment)

    def command(self, *arguments: str, daemon: bool) -> list[str]:
        """The command line of one run of Pants on this workspace's store."""
        sandboxes = self.store / "sandboxes"
        sandboxes.mkdir(parents=True, exist_ok=True)
        return [
            str(self.launcher), "--pantsd" if daemon else "--no-pantsd", "--no-dynamic-ui",
            f"--local-store-dir={self.store / 'store'}",
            f"--named-caches-dir={self.store / 'caches'}",
            f"--local-execution-root-dir={sandboxes}",
            *arguments,
        ]  # fmt: skip

    def pants(self, *arguments: str, daemon: bool) -> subprocess.CompletedProcess[str]:
        """Run the launcher here and wait for its end.

        With the daemon, later runs start in a second; without it a run knows the store only.
        """
        return subprocess.run(
            self.command(*arguments, daemon=daemon), cwd=self.root, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
            env={**os.environ, "PANTS_CONCURRENT": str(not daemon), **self.environment},
        )  # fmt: skip

    def interrupt(self, target: str, *, after: str, times: int) -> str:
        """Package with the daemon, press Ctrl-C when `after` was said so often; what was said."""
        with subprocess.Popen(
            self.command("package", target, daemon=True), cwd=self.root, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={**os.environ, "PANTS_CONCURRENT": "False", **self.environment},
        ) as client:  # fmt: skip
            assert client.stderr is not None
            said = ""
            for line in client.stderr:
                said += line
                if said.count(after) == times:
                    client.send_signal(signal.SIGINT)
                    break
            said += client.stderr.read()
        assert client.returncode != 0, said
        return said

    def stop_daemon(self) -> None:
        """End this workspace's daemon, if there is one."""
        for pid_file in self.root.glob(".pids/pantsd/pid"):
            os.kill(int(pid_file.read_text()), signal.SIGTERM)

    def package(self, target: str, *options: str, daemon: bool) -> tuple[bytes, str]:
        """Package an image: its bytes, and what Pants said."""
        done = self.pants(*options, "package", target, daemon=daemon)
        assert done.returncode == 0, done.stderr
        folder, _, name = target.partition(":")
        image = (self.root / "dist" / folder.replace("/", ".") / f"{name}.elf").read_bytes()
        return image, done.stderr


def steps(log: str) -> set[str]:
    """The first word of each process that Pants's output tells of."""
    return set(re.findall(r"Starting: (\w+)", log))
