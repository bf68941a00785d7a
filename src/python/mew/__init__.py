# SPDX-License-Identifier: Apache-2.0
"""From objects to a running program: linking (`mew.link`) and virtual machines (`mew.vm`)."""
