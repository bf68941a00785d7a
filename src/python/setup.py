# SPDX-License-Identifier: Apache-2.0
"""The wheel's contents: every package of src/python, and the kernel's sources as a package."""
from setuptools import find_namespace_packages
from setuptools import setup

setup(
    packages=[*find_namespace_packages(), "mew_kernel"],
    package_dir={"mew_kernel": "../../kernel"},
    package_data={
        "mew_kernel": ["**/*.zig", "**/*.S", "**/*.ld"],
        "mew_plugin.locks": ["*.txt"],
    },
)
