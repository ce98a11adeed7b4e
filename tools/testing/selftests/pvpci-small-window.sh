#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Firmware that leaves no window for BAR2, of a processor that has the addresses: one sentence
# says so, and what to change. With that it works (pvpci-huge.sh).
#
# vmtest: --kernel stock-6.12 --more stock-6.1 --firmware ovmf --bus huge.json --host self
# x86: AAVMF leaves a window of 512 GiB
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { "$GUEST" "$@"; }
said() { guest "dmesg | grep 'pvpci 0000:00:'"; }

check "this is UEFI" guest "[ -d /sys/firmware/efi ]"
check "load" guest "modprobe pvpci && modprobe pvpci_testdev"
same "there is no bus" "" "$(guest "lspci -D" | grep ^1)"
same "one sentence" 1 "$(said | wc -l)"
check "it says why" eval "said | grep -q 'BAR2 has no address: it needs 524288 MiB, .* has 32768'"
check "and what to change" eval "said | grep -q 'X-PciMmio64Mb,string=524288), or give the bus smaller BARs'"
check "unload" guest "rmmod pvpci_testdev pvpci"
ktap_end
