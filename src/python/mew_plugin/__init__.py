# SPDX-License-Identifier: Apache-2.0
"""The Pants backend: targets, goals and cached rules that turn Wasm into unikernels."""
