# SPDX-License-Identifier: Apache-2.0
"""Fields and targets about a program's files: what the image embeds, directories, disks."""
from __future__ import annotations

from typing import Dict
from typing import Optional

from pants.core.goals.package import OutputPathField
from pants.core.util_rules.environments import EnvironmentField
from pants.engine.addresses import Address
from pants.engine.target import COMMON_TARGET_FIELDS
from pants.engine.target import Dependencies
from pants.engine.target import DictStringToStringField
from pants.engine.target import IntField
from pants.engine.target import InvalidFieldException
from pants.engine.target import StringField
from pants.engine.target import Target
from pants.util.frozendict import FrozenDict
from pants.util.strutil import help_text

from mew_abi import preopens
from mew_plugin.single_address import SingleAddressField

DEFAULT_SIZE_MIB = 64
DEFAULT_LABEL = "MEW"

_KIND_LIST = "; ".join(f'"{kind}": {text}' for kind, text in preopens.KINDS.items())


class ProgramDependenciesField(Dependencies):
    """Where a generated module comes from, and the files of the image."""

    help = help_text(
        """
        Targets that make the module, if it is not in `sources`, and files that the program reads.
        Direct dependencies count.

        Together with `sources` they have to give exactly one `.wasm` or `.wat` file. All other
        files are embedded in the image of a `wasm_unikernel`: those of `files` targets, and of
        code generators, by their paths from the build root (`relocated_files` changes them), those
        of `resources` targets by their paths from their source root. `preopens` says where the
        program finds them.
        """
    )


class PreopensField(DictStringToStringField):
    """Directories that the program starts with, in the order of their descriptors."""

    alias = "preopens"
    default = FrozenDict(preopens.DEFAULT)
    help = help_text(
        f"""
        The directories that the program starts with: from the name that it sees to what is there.
        {_KIND_LIST}.

        The program needs the feature set "filesystem" in `wasi` to use them.
        """
    )

    @classmethod
    def compute_value(
        cls, raw_value: Optional[Dict[str, str]], address: Address
    ) -> Optional[FrozenDict[str, str]]:
        """Refuse kinds that do not exist and names that are none."""
        value = super().compute_value(raw_value, address)
        wrong = preopens.fault(value or {})
        if wrong:
            raise InvalidFieldException(f"The {cls.alias!r} field in target {address}: {wrong}.")
        return value


class DiskField(SingleAddressField):
    """The disk that the program finds at its preopens of the kind "disk"."""

    alias = "disk"
    help = help_text(
        """
        The `fat32_image` that the program finds at its preopens of the kind "disk", for example
        `:data`. `package` writes it beside the image. `run` and each test boot with a copy of
        their own; `./pants run app:kernel -- --disk PATH` takes the file at PATH instead, and
        keeps what the program writes to it.
        """
    )


class DiskDependenciesField(Dependencies):
    """The files on the disk."""

    help = help_text(
        """
        The files on the disk: those of `files` targets by their paths from the build root
        (`relocated_files` changes them), those of `resources` targets by their paths from their
        source root. Direct dependencies count.
        """
    )


class DiskSizeField(IntField):
    """Size of the disk."""

    alias = "size_mib"
    default = DEFAULT_SIZE_MIB
    help = "Size of the disk in MiB, what its file system needs for itself included."


class DiskLabelField(StringField):
    """Volume label."""

    alias = "label"
    default = DEFAULT_LABEL
    help = "Name of the volume, which other systems show."


class Fat32ImageTarget(Target):
    """A disk with files."""

    alias = "fat32_image"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        DiskDependenciesField,
        DiskSizeField,
        DiskLabelField,
        OutputPathField,
        EnvironmentField,
    )
    help = help_text(
        """
        An image of a disk with a FAT32 file system, for the field `disk` of a `wasm_unikernel`.

        The same files make the same image. mtools and other systems read it.
        """
    )
