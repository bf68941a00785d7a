# SPDX-License-Identifier: Apache-2.0
"""The target of a container image and its fields; bad values are refused as engines would."""
from __future__ import annotations

from typing import Dict
from typing import Iterable
from typing import Optional
from typing import Tuple

from pants.core.goals.package import OutputPathField
from pants.core.util_rules.environments import EnvironmentField
from pants.engine.addresses import Address
from pants.engine.target import COMMON_TARGET_FIELDS
from pants.engine.target import BoolField
from pants.engine.target import Dependencies
from pants.engine.target import DictStringToStringField
from pants.engine.target import Field
from pants.engine.target import InvalidFieldException
from pants.engine.target import StringField
from pants.engine.target import StringSequenceField
from pants.engine.target import Target
from pants.engine.target import TriBoolField
from pants.util.frozendict import FrozenDict
from pants.util.strutil import help_text

from mew.image import options
from mew_plugin.single_address import SingleAddressField


class ImageKernelField(SingleAddressField):
    """The program."""

    alias = "kernel"
    required = True
    help = help_text(
        """
        The `wasm_unikernel` whose module the image holds, for example `:kernel`. Its kernel, as
        `run` and `test` boot it, and its embedded files go into the image too.
        """
    )


class ImageFilesField(Dependencies):
    """Further files."""

    help = help_text(
        """
        Further files of the image: those of `files` targets by their paths from the build root
        (`relocated_files` changes them), those of `resources` targets by their paths from their
        source root. Direct dependencies count. The program finds them below `/`.
        """
    )


class RepositoryField(StringField):
    """The image's name without its tags."""

    alias = "repository"
    help = help_text(
        """
        The image's name where it is loaded or pushed to, without a tag:
        `registry.example/team/app`. By default `localhost/` and the name of the target's folder.
        """
    )

    @classmethod
    def compute_value(cls, raw_value: Optional[str], address: Address) -> Optional[str]:
        """Refuse what is no name."""
        value = super().compute_value(raw_value, address)
        _refuse(cls, address, "" if value is None else options.repository_fault(value))
        return value


class ImageTagsField(StringSequenceField):
    """The image's tags."""

    alias = "image_tags"
    default = (options.DEFAULT_TAG,)
    help = "Tags of the image. (The field `tags` is for Pants.)"

    @classmethod
    def compute_value(
        cls, raw_value: Optional[Iterable[str]], address: Address
    ) -> Optional[Tuple[str, ...]]:
        """Refuse what is no tag."""
        value = super().compute_value(raw_value, address) or ()
        _refuse(cls, address, "" if value else 'no tag; name one, such as "latest"')
        for tag in value:
            _refuse(cls, address, options.tag_fault(tag))
        return value


class PlatformField(StringField):
    """For which hosts the image is."""

    alias = "platform"
    default = options.LINUX
    valid_choices = tuple(options.PLATFORMS)
    help = help_text(
        """
        What the image says that it is for. Every container engine loads and runs `linux/amd64`
        without being told to. Some other Wasm runtimes want `wasi/wasm`; Docker refuses it.
        """
    )


class PrelinkField(TriBoolField):
    """Whether the kernel is in the image."""

    alias = "prelink"
    help = help_text(
        """
        Whether the image holds the kernel. Without it each host compiles the module when it first
        runs the image. By default an image for `linux/amd64` holds it, one for `wasi/wasm` not.
        """
    )


class ImageArgumentsField(StringSequenceField):
    """Default arguments."""

    alias = "args"
    default = ()
    help = "Arguments of the program, which whoever starts a container can replace."


class ImageEnvironmentField(DictStringToStringField):
    """Environment variables."""

    alias = "env"
    default = FrozenDict()
    help = "Environment variables of the program."

    @classmethod
    def compute_value(
        cls, raw_value: Optional[Dict[str, str]], address: Address
    ) -> Optional[FrozenDict[str, str]]:
        """Refuse names that are none."""
        value = super().compute_value(raw_value, address)
        _refuse(cls, address, options.env_fault(tuple((value or {}).items())))
        return value


class ImageLabelsField(DictStringToStringField):
    """Labels."""

    alias = "labels"
    default = FrozenDict()
    help = "Labels of the image, such as `org.opencontainers.image.source`."


class PortsField(StringSequenceField):
    """Exposed ports."""

    alias = "ports"
    default = ()
    help = "Ports that the program listens on, for tools to see: `8080`, `53/udp`."

    @classmethod
    def compute_value(
        cls, raw_value: Optional[Iterable[str]], address: Address
    ) -> Optional[Tuple[str, ...]]:
        """Refuse what is no port."""
        value = super().compute_value(raw_value, address) or ()
        _refuse(cls, address, options.ports_fault(value))
        return value


class StopSignalField(StringField):
    """What asks the program to end."""

    alias = "stop_signal"
    default = options.DEFAULT_STOP_SIGNAL
    help = "The signal by which a container engine asks the program to end."

    @classmethod
    def compute_value(cls, raw_value: Optional[str], address: Address) -> Optional[str]:
        """Refuse what is no signal."""
        value = super().compute_value(raw_value, address)
        _refuse(cls, address, options.stop_signal_fault(value or ""))
        return value


class CompressField(BoolField):
    """Gzip."""

    alias = "compress"
    default = False
    help = help_text(
        """
        Whether the layers are compressed. Registries and engines take both, and a push compresses
        by itself. The bytes then depend on the zlib of the machine's Python.
        """
    )


class WasmUnikernelImageTarget(Target):
    """A container image."""

    alias = "wasm_unikernel_image"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        ImageFilesField,
        ImageKernelField,
        RepositoryField,
        ImageTagsField,
        PlatformField,
        PrelinkField,
        ImageArgumentsField,
        ImageEnvironmentField,
        ImageLabelsField,
        PortsField,
        StopSignalField,
        CompressField,
        OutputPathField,
        EnvironmentField,
    )
    help = help_text(
        """
        A container image of a `wasm_unikernel`, as one tar file that `ctr`, `podman`, `docker` and
        `skopeo` read. The same sources make the same bytes.
        """
    )


def default_repository(address: Address) -> str:
    """Return the name of an image whose target gives none."""
    folder = address.spec_path.rsplit("/", 1)[-1] or address.target_name
    return f"localhost/{folder.lower()}"


def _refuse(field: type[Field], address: Address, fault: str) -> None:
    """Raise InvalidFieldException for a fault: what is wrong, then the fix."""
    if fault:
        what, _, fix = fault.partition("; ")
        raise InvalidFieldException(
            f"The {field.alias!r} field in target {address} has {what}. {fix[:1].upper()}{fix[1:]}."
        )
