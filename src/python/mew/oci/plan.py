# SPDX-License-Identifier: Apache-2.0
"""What `create` has decided about a container before its process exists."""
from __future__ import annotations

import os
import time
from typing import Any
from typing import NamedTuple

from mew.oci import state
from mew.oci.config import OciConfig
from mew.oci.guest import Kernel
from mew.oci.spec import Spec
from mew.oci.vm import Place
from mew.vm.machine import Machine


class Plan(NamedTuple):
    """All that the monitor needs. `folder` is the container's directory, `caller_netns` the
    network namespace that `create` was called in."""

    container: str
    folder: str
    created: str
    spec: Spec
    config: OciConfig
    kernel: Kernel
    machine: Machine
    qemu: str
    place: Place
    caller_netns: str
    may_have_network: bool

    def hook_state(self, status: str) -> dict[str, Any]:
        """Return the state that hooks get from the monitor itself."""
        return {
            "ociVersion": self.spec.version,
            "id": self.container,
            "status": status,
            "pid": os.getpid(),
            "bundle": self.spec.bundle,
            "annotations": self.spec.annotations,
        }

    def log(self, text: str) -> None:
        """Add a line to the container's log, for people who look for what went wrong."""
        folder = self.config.log_dir or self.folder
        name = f"{self.container}.log" if self.config.log_dir else state.LOG_NAME
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        try:
            with open(os.path.join(folder, name), "a", encoding="utf-8") as file:
                file.write(f"{stamp} {text}\n")
        except OSError:
            # The container is worth more than its log.
            pass
