# SPDX-License-Identifier: Apache-2.0
"""Disk images: FAT32 volumes with the files of a folder, the same bytes for the same files."""
