# SPDX-License-Identifier: Apache-2.0
"""What `features` answers (features.md of the runtime specification)."""
from __future__ import annotations

from mew.oci.version import SPEC_VERSION

FEATURES = {
    "ociVersionMin": "1.0.0",
    "ociVersionMax": SPEC_VERSION,
    "hooks": [
        "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop",
    ],
    "mountOptions": ["bind", "rbind", "ro", "rw", "noexec", "nosuid", "nodev"],
    "linux": {
        "namespaces": ["ipc", "mount", "network", "uts"],
        "capabilities": [],
        "cgroup": {"v1": True, "v2": True, "systemd": False, "systemdUser": False, "rdma": False},
        "seccomp": {"enabled": False},
        "apparmor": {"enabled": False},
        "selinux": {"enabled": False},
    },
}  # fmt: skip
