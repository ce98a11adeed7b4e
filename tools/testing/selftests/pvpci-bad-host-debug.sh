#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The same under KASAN, UBSAN, lockdep and kmemleak: one fault of each kind, as each
# round takes seconds there. "pvpci-bad-host.sh kunit-6.12" is all of them.
#
# x86: kernels for debugging are built for x86 only
rounds='none|header-magic|row-devfn-twice|config-bridge|scribble-config|producer-jumps'
rounds="$rounds|reply-late|stopping-dma-probe|error-assigned|silent-attach|stopping-bound"
rounds="$rounds|relations-others|relations-flood|eject-often|interrupts-storm-pending"
rounds="$rounds|silent-released|killed-attach|bar2-short"
export ONLY=${ONLY:-^($rounds)\$}
exec "$(dirname "$0")/pvpci-bad-host.sh" kunit-6.12
