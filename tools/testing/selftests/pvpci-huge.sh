#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# BARs from 4 KiB to 128 GiB, of both widths, each in a place of its size. The
# processor is QEMU's own, AMD's by name: its firmware keeps the 12 GiB below 1 TiB
# for itself, and BAR2 of such a bus comes to lie there. Other machines and UEFI reserve nothing.
#
# vmtest: --kernel stock-6.12,arm64-6.1 --more stock-6.1 --bus huge.json --host self
# vmtest: --kernel stock-6.12 --firmware ovmf --qemu "-fw_cfg name=opt/ovmf/X-PciMmio64Mb,string=524288" --bus huge.json --host self
# vmtest: --more arm64-6.1 --firmware aavmf --bus huge.json --host self
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { "$GUEST" "$@"; }

check "load" guest "modprobe pvpci && modprobe pvpci_testdev"
check "both have their driver" guest \
	'[ $(ls -d /sys/bus/pci/drivers/pvpci_testdev/10001:* | wc -l) -eq 2 ]'
same "sizes of BARs" "128G 4K 256M 32K
8K 16M 512M" "$(guest 'for slot in 03 04; do
	lspci -D -v -s 10001:00:$slot.0 | sed -n "s/.*Memory at .*size=\(.*\)]/\1/p" | xargs
done')"
same "nothing in the reserved piece" "" "$(guest \
	"sed -n '/fd00000000-ffffffffff : Reserved/,\$p' /proc/iomem | grep 10001:")"
guest "grep -q 'fd00000000-ffffffffff : Reserved' /proc/iomem" &&
	check "the guest says why" guest "dmesg | grep -q 'Firmware reserves the end of the aperture'"
check "unload and load" guest "rmmod pvpci_testdev pvpci && modprobe pvpci &&
	modprobe pvpci_testdev && [ -d /sys/bus/pci/drivers/pvpci_testdev/10001:00:03.0 ]"
ktap_end
