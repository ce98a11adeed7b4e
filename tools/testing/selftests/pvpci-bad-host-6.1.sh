#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The same on the older kernel; a file of its own, so that both run at a time.
#
# part: matrix
# matrix:
# x86: the same as pvpci-bad-host.sh, of an older kernel
exec "$(dirname "$0")/pvpci-bad-host.sh" stock-6.1
