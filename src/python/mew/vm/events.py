# SPDX-License-Identifier: Apache-2.0
"""Tells the program that started us what happens to the VM: lines of JSON on a descriptor.

    {"event": "published", "ports": [{"protocol": "tcp", "guest_port": 80, "address": "127.0.0.1",
                                      "port": 49152}]}
    {"event": "listening", "protocol": "tcp", "guest_port": 80}

The first comes once, when connections to those ports are accepted; by QEMU: they reach the program
from the second on, which comes whenever the program has a socket that listens.
"""
import json
import os
from typing import Dict
from typing import List
from typing import Optional
from typing import Tuple
from typing import Union

from mew.vm.network import Publication


def port_entries(publications: Tuple[Publication, ...]) -> List[Dict[str, Union[str, int]]]:
    """Return where each published port is to be reached, as JSON values."""
    return [
        {
            "protocol": one.protocol,
            "guest_port": one.guest_port,
            "address": one.host_address,
            "port": one.host_port,
        }
        for one in publications
    ]


class Events:
    """Writes events to `descriptor`; None: nobody wants to know."""

    def __init__(self, descriptor: Optional[int] = None) -> None:
        self._descriptor = descriptor

    def published(self, publications: Tuple[Publication, ...]) -> None:
        """Connections to the published ports are accepted."""
        self._write({"event": "published", "ports": port_entries(publications)})

    def listening(self, protocol: str, guest_port: int) -> None:
        """The program listens."""
        self._write({"event": "listening", "protocol": protocol, "guest_port": guest_port})

    def _write(self, event: Dict[str, object]) -> None:
        if self._descriptor is None:
            return
        try:
            os.write(self._descriptor, json.dumps(event).encode() + b"\n")
        except BrokenPipeError:
            self._descriptor = None
