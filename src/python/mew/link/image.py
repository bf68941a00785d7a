# SPDX-License-Identifier: Apache-2.0
"""Links an image: the thin shell around `commands.link_step`, run until the names table fits."""
import tempfile
from pathlib import Path
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

# The table lies behind everything that it describes, so the second link is the last but for
# linker scripts that say otherwise.
_LINKS_MAX = 3


def link_image(
    system: str,
    *,
    zig: Path,
    objects: Path,
    programs: Sequence[Path],
    output: Path,
    files: Optional[Path] = None,
) -> None:
    """Link `programs` with the system built in `objects` and write the image to `output`.

    What is under the directory `files` becomes the content of the kernel's file system.
    The first link has an empty names table and fixes the addresses, the next has the table.
    Raises MewError when symbols are missing, naming the imports, and leaves no output then.
    """
    for path in (*programs, *(objects / name for name in commands.object_names(system))):
        if not path.is_file():
            raise MewError(
                f"{path}: no such file",
                hint="Compile the program first; build the system with `mew build-system`.",
            )
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".link-", dir=output.parent) as scratch:
        files_path = Path(scratch, "files.o")
        if files is not None:
            archive = archive_bytes(read_directory(files))
            files_path.write_bytes(elf.section_object(FILES_SECTION, archive))
        data = [files_path] if files is not None else []
        content = _link_until_stable(system, zig, objects, programs, data, Path(scratch))
    write_output(output, content, executable=True)


def _link_until_stable(
    system: str,
    zig: Path,
    objects: Path,
    programs: Sequence[Path],
    data: Sequence[Path],
    scratch: Path,
) -> bytes:
    names_path = scratch / "names.o"
    image_path = scratch / "image.elf"
    step = commands.link_step(
        system,
        zig=str(zig),
        objects=str(objects),
        programs=[str(program) for program in programs],
        data=[str(path) for path in (*data, names_path)],
        output=str(image_path),
    )
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
        f"{objects / commands.SCRIPT_NAME}: the names table still moves functions after "
        f"{_LINKS_MAX} links",
        hint="Place the section mew_names behind all others in the linker script.",
    )
