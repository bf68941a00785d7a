# SPDX-License-Identifier: Apache-2.0
"""`mew disk`: the same bytes for the same files, read back by other programs where they are."""
from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from mew.cli import main
from mew.disk import fat32
from mew.disk import names
from mew.errors import MewError

MTOOLS = shutil.which("mcopy")
FSCK = shutil.which("fsck.fat", path="/usr/sbin:/sbin:/usr/bin:/bin")
FILES = {
    "README.TXT": b"short",
    "readme.first": b"",
    "A long name, with größe.text": b"x" * 100_000,
    "A long name, with another end": b"y",
    "sub/deeper/.hidden": b"h" * 4096,
    "sub/123456789": b"n",
    "sub/" + "n" * 255: b"longest",
    "empty": None,
}


def make(size_mib: int = 33, label: str = "MEW") -> bytes:
    image = bytearray(size_mib << 20)
    for offset, content in fat32.volume(FILES, size_mib=size_mib, label=label):
        assert not any(image[offset : offset + len(content)])
        image[offset : offset + len(content)] = content
    return bytes(image)


def test_the_bytes_are_these() -> None:
    """Changes only when the format does; then say so where images are cached."""
    assert hashlib.sha256(make()).hexdigest() == (
        "32a4a38c452db49cad4361756c1e4f5bb75e49fba5a1eac85aff19882cc1f402"
    )


def test_serial_comes_from_the_content() -> None:
    serials = {make()[67:71], make(label="OTHER")[67:71], make(34)[67:71]}
    assert len(serials) == 3


def test_command_makes_the_same_from_any_folder(tmp_path: Path) -> None:
    images = []
    for name in ("one", "another"):
        root = tmp_path / name
        for path, content in sorted(FILES.items(), reverse=name == "one"):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                (root / path).mkdir()
            else:
                (root / path).write_bytes(content)
        output = tmp_path / f"{name}.img"
        assert main(["disk", "-o", str(output), "--size-mib", "33", "--files", str(root)]) == 0
        images.append(output.read_bytes())
    assert images[0] == images[1]
    assert (tmp_path / "one.img").stat().st_blocks * 512 < 4 << 20


@pytest.mark.skipif(not FSCK, reason="fsck.fat is not installed (Debian: dosfstools)")
@pytest.mark.parametrize("size_mib", [33, 64, 300, 8500])
def test_a_checker_finds_nothing(tmp_path: Path, size_mib: int) -> None:
    image = tmp_path / "disk.img"
    from_command = ["disk", "-o", str(image), "--size-mib", str(size_mib), "--label", "A LABEL"]
    assert main(from_command) == 0
    with image.open("r+b") as output:
        for offset, content in fat32.volume(FILES, size_mib=size_mib, label="A LABEL"):
            output.seek(offset)
            output.write(content)
    done = subprocess.run([FSCK, "-n", image], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    # Its version, and the counts.
    assert len(done.stdout.splitlines()) == 2, done.stdout


@pytest.mark.skipif(not MTOOLS, reason="mcopy is not installed (Debian: mtools)")
def test_another_program_reads_the_files(tmp_path: Path) -> None:
    image = tmp_path / "disk.img"
    image.write_bytes(make())
    environment = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    (tmp_path / "out").mkdir()
    subprocess.run(
        [MTOOLS, "-i", image, "-s", "-b", "::*", tmp_path / "out"],
        check=True, env=environment, capture_output=True,
    )
    for path, content in FILES.items():
        found = tmp_path / "out" / path
        assert found.is_dir() if content is None else found.read_bytes() == content, path


def refusal(files: dict[str, bytes | None], size_mib: int = 33, label: str = "MEW") -> str:
    with pytest.raises(MewError) as caught:
        fat32.volume(files, size_mib=size_mib, label=label)
    assert caught.value.hint
    return caught.value.message


def test_refusals_say_what_and_where() -> None:
    assert "33 MiB" in refusal({"big": bytes(40 << 20)})
    assert "too small" in refusal({}, 32)
    assert "too large" in refusal({}, 1 << 21)
    assert "elorw" in refusal({}, label="lower")
    assert "12 characters" in refusal({}, label="A" * 12)
    assert "d/a:b" in refusal({"d/a:b": b""})
    assert "dot" in refusal({"ends.": b""})
    assert "256" in refusal({"n" * 256: b""})
    assert "a/nAME and a/Name" in refusal({"a/nAME": b"", "a/Name": b""})
    assert "UTF-8" in refusal({"\udcff": b""})


def test_links_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files/link").symlink_to("nowhere")
    output = tmp_path / "disk.img"
    arguments = ["disk", "-o", str(output), "--size-mib", "33", "--files", str(tmp_path / "files")]
    assert main(arguments) == 1
    assert "files/link" in capsys.readouterr().err
    assert not output.exists()


def test_aliases_differ() -> None:
    taken: set[bytes] = set()
    shorts = [names.form(f"the same beginning {number}", taken).short for number in range(12)]
    assert len(set(shorts)) == 12
    assert shorts[0] == b"THESAM~1   "
    assert shorts[11] == b"THESA~12   "
