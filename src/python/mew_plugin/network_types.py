# SPDX-License-Identifier: Apache-2.0
"""Fields about a program's network: the sockets that it starts with, and ports of this host."""
from __future__ import annotations

from typing import Iterable
from typing import Optional
from typing import Tuple

from pants.engine.addresses import Address
from pants.engine.target import InvalidFieldException
from pants.engine.target import StringSequenceField
from pants.util.strutil import help_text

from mew.errors import MewError
from mew.vm.network import Publication
from mew.vm.network import parse_publication
from mew_abi.network import Listener
from mew_abi.network import parse_listeners


class ListenField(StringSequenceField):
    """Sockets that listen when the program starts, in the order of their descriptors."""

    alias = "listen"
    default = ()
    help = help_text(
        """
        Sockets that the program starts with, which listen already: "tcp:8080", with an address
        "tcp:127.0.0.1:8080", or "udp:53". They are the descriptors from 3 on, in this order.

        The program needs the feature set "sockets" in `wasi`.
        """
    )

    @classmethod
    def compute_value(
        cls, raw_value: Optional[Iterable[str]], address: Address
    ) -> Optional[Tuple[str, ...]]:
        """Refuse what is no listener; write each in one way for the cache's sake."""
        texts = super().compute_value(raw_value, address) or ()
        try:
            return tuple(listener.text() for listener in parse_listeners(texts))
        except ValueError as error:
            raise InvalidFieldException(
                f"The {cls.alias!r} field in target {address}: {error}."
            ) from None

    def listeners(self) -> Tuple[Listener, ...]:
        """Return the sockets as values."""
        return parse_listeners(self.value or ())


class ForwardPortsField(StringSequenceField):
    """Ports of this host that lead to the program."""

    alias = "forward_ports"
    help = help_text(
        """
        Ports of this host that lead to the program in `run`: "8080:80" forwards port 8080 of
        127.0.0.1 to the program's port 80; "0.0.0.0:8080:80" that of all addresses of this host,
        "5353:53/udp" is UDP. Port 0 of this host is one that is free, which `run` tells. By
        default each port of `listen` has the same port here. `./pants run app:kernel -- --publish
        8081:80` does something else once.

        Tests that are pytest files always get free ports, which they ask for.
        """
    )

    @classmethod
    def compute_value(
        cls, raw_value: Optional[Iterable[str]], address: Address
    ) -> Optional[Tuple[str, ...]]:
        """Refuse what publishes no port."""
        texts = super().compute_value(raw_value, address)
        for text in texts or ():
            try:
                parse_publication(text)
            except MewError as error:
                raise InvalidFieldException(
                    f"The {cls.alias!r} field in target {address}: {error.message}; {error.hint}."
                ) from None
        return texts

    def publications(self, listeners: Iterable[Listener]) -> Tuple[Publication, ...]:
        """Return what `run` publishes: the field, else the listeners' own ports."""
        if self.value is not None:
            return tuple(parse_publication(text) for text in self.value)
        return tuple(
            Publication(listener.port, listener.port, listener.protocol) for listener in listeners
        )
