#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A processor whose addresses have too few bits for BAR2: one sentence says so, and what to change.
# With the 40 bits of QEMU's own processor the same bus works (pvpci-huge.sh).
#
# vmtest: --kernel stock-6.12 --more stock-6.1 --cpu qemu64,+rdrand,phys-bits=36 --bus huge.json --host self
# x86: the processors of arm64 have bits enough, and their number is no choice in QEMU
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { "$GUEST" "$@"; }
said() { guest "dmesg | grep 'pvpci 0000:00:'"; }

same "the processor has few" 36 "$(guest "sed -n '/address sizes/{s/.*: \([0-9]*\) bits phys.*/\1/p;q}' /proc/cpuinfo")"
check "load" guest "modprobe pvpci && modprobe pvpci_testdev"
same "there is no bus" "" "$(guest "lspci -D" | grep ^1)"
same "one sentence" 1 "$(said | wc -l)"
check "it says why" eval "said | grep -q 'BAR2 has no address: .* 36 bits .* 64 GiB'"
check "and what to change" eval "said | grep -q 'a processor with more (.*phys-bits=.*), or the bus smaller BARs'"
check "unload" guest "rmmod pvpci_testdev pvpci"
ktap_end
