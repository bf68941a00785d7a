# SPDX-License-Identifier: Apache-2.0
"""Links an image: the thin shell around `commands.link_step`, run until the names table fits."""
import tempfile
from pathlib import Path
from typing import List
from typing import Mapping
from typing import Optional
from typing import Sequence

from mew.errors import MewError
from mew.files import read_input
from mew.files import write_output
from mew.link import commands
from mew.link import elf
from mew.link import names
from mew.link.archive import SECTION as FILES_SECTION
from mew.link.archive import archive_bytes
from mew.link.archive import read_directory
from mew.link.messages import explain_link_failure
from mew.link.process import run
from mew.link.verify import verify_image
from mew_abi import layout
from mew_abi import network
from mew_abi import preopens as preopen_table

# The table lies behind everything that it describes, so the second link is the last but for
# linker scripts that say otherwise.
_LINKS_MAX = 3

_PREOPENS_SECTION = "mew_preopens"

# An image ends below linear memory; the rest is for code and the program's data.
_FILES_BYTES_MAX = (layout.LINEAR_MEMORY_BASE - layout.IMAGE_BASE) * 3 // 4


def link_image(
    system: str,
    *,
    zig: Path,
    objects: Path,
    programs: Sequence[Path],
    output: Path,
    files: Optional[Path] = None,
    preopens: Optional[Mapping[str, str]] = None,
    listeners: Sequence[network.Listener] = (),
    stack_bytes: Optional[int] = None,
) -> None:
    """Link `programs` with the system built in `objects` and write the image to `output`.

    What is under the directory `files` becomes the files of the kernel's image; `preopens` says
    where its program finds them (`mew_abi.preopens`), `listeners` are the sockets that it starts
    with. `stack_bytes` is the size of the program's stack, if it is not to be the system's own
    choice. The first link has an empty names table and fixes the addresses, the next has the
    table. Raises MewError when symbols are missing, naming the imports, and leaves no output then.
    """
    for path in (*programs, *(objects / name for name in commands.object_names(system))):
        if not path.is_file():
            raise MewError(
                f"{path}: no such file",
                hint="Compile the program first; build the system with `mew build-system`.",
            )
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".link-", dir=output.parent) as scratch:
        data = data_objects(files, preopens, listeners, Path(scratch))
        names_path, image_path = Path(scratch, "names.o"), Path(scratch, "image.elf")
        step = commands.link_step(
            system,
            zig=str(zig),
            objects=str(objects),
            programs=[str(program) for program in programs],
            data=[str(path) for path in (*data, names_path)],
            output=str(image_path),
            stack_bytes=stack_bytes,
        )
        content = _link_until_stable(step, system, names_path)
    write_output(output, content, executable=True)


def data_objects(
    files: Optional[Path],
    preopens: Optional[Mapping[str, str]],
    listeners: Sequence[network.Listener],
    scratch: Path,
) -> List[Path]:
    """Write objects with what the kernel finds in its image besides code."""
    sections = {}
    if files is not None:
        archive = archive_bytes(read_directory(files))
        if len(archive) > _FILES_BYTES_MAX:
            raise MewError(
                f"{files}: the files take {len(archive) >> 20} MiB of the image, "
                f"{_FILES_BYTES_MAX >> 20} MiB are possible",
                hint="Put some of them on a disk: `mew disk`, or the target `fat32_image`.",
            )
        sections[FILES_SECTION] = archive
    if preopens is not None:
        records = network.records(listeners) + preopen_table.records(preopens)
        sections[_PREOPENS_SECTION] = records
    paths = []
    for section, content in sections.items():
        paths.append(scratch / f"{section}.o")
        paths[-1].write_bytes(elf.section_object(section, content))
    return paths


def _link_until_stable(step: commands.Step, system: str, names_path: Path) -> bytes:
    """Repeat `step` until the table at `names_path`, which it reads, is that of its output."""
    image_path = Path(step.output)
    table = b""
    for _ in range(_LINKS_MAX):
        names_path.write_bytes(elf.section_object(names.SECTION, table))
        finished = run(step.argv)
        if finished.exit_code != 0:
            raise explain_link_failure(finished.stderr)
        image = elf.Image(read_input(image_path), str(image_path))
        found = names.names_blob(image.symbols())
        if found == table:
            verify_image(image, system)
            return image.content
        table = found
    raise MewError(
        f"the names table still moves functions after {_LINKS_MAX} links",
        hint=f"Place the section mew_names behind all others in {commands.SCRIPT_NAME}.",
    )
