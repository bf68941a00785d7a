# SPDX-License-Identifier: Apache-2.0
"""The subcommand `disk`."""
import argparse
import stat
from pathlib import Path
from typing import Any
from typing import Dict
from typing import Optional

from mew.disk import fat32
from mew.errors import MewError
from mew.files import write_sparse_output
from mew.link.archive import read_directory

LABEL_DEFAULT = "MEW"


def add_subcommands(subparsers: Any) -> None:
    """Add `disk`; it sets `handler`, a function from options to the exit code."""
    disk = subparsers.add_parser("disk", help="make a FAT32 disk image with the files of a folder")
    disk.add_argument("-o", "--output", type=Path, required=True, metavar="IMAGE")
    disk.add_argument("--size-mib", type=int, required=True, metavar="N",
                      help="size of the disk, at least 33; the file takes what is in it only")
    disk.add_argument("--label", default=LABEL_DEFAULT, metavar="L",
                      help="the volume's name (default: %(default)s)")
    disk.add_argument("--files", type=Path, metavar="DIR", help="what is on the disk")
    disk.set_defaults(handler=_run)


def _run(options: argparse.Namespace) -> int:
    files = {} if options.files is None else read_files(options.files)
    pieces = fat32.volume(files, size_mib=options.size_mib, label=options.label)
    write_sparse_output(options.output, options.size_mib * fat32.MIB, pieces)
    return 0


def read_files(root: Path) -> Dict[str, Optional[bytes]]:
    """Return what is below `root`: path -> content, None for a directory.

    Raises MewError for links, which FAT does not have.
    """
    files: Dict[str, Optional[bytes]] = {}
    for path, entry in read_directory(root).items():
        if stat.S_ISLNK(entry.mode):
            raise MewError(
                f"{root / path}: FAT32 has no symbolic links",
                hint="Replace the link by what it points to.",
            )
        files[path] = None if stat.S_ISDIR(entry.mode) else entry.content
    return files
