# SPDX-License-Identifier: Apache-2.0
"""Objects to images: command lines, the names table, and checks of the linked file.

`commands` and `names` are pure and run on CPython 3.9, so that the build rules can use them;
`build` and `image` are the thin shells that start processes.
"""
