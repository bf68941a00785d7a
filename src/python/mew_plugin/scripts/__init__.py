# SPDX-License-Identifier: Apache-2.0
"""Small programs that run inside sandboxes, on the compiler's interpreter. Standard library only.

They talk over files and exit codes; what they say on standard error is shown to the user.
"""
