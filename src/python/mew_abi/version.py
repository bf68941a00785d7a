# SPDX-License-Identifier: Apache-2.0
"""The number of the contract: a finished image runs under a system of the same number only.

An image that was linked elsewhere, such as a kernel inside a container image, carries the number
it was made for. Whoever boots it compares; on a difference it is linked again from the module.
The tables of this package are the contract: when one of them changes, so does this number, and
`tests/mew_abi/test_version.py` fails until it has.
"""

ABI_VERSION = 1
