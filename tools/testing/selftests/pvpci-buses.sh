#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two buses in one guest, one with BAR2 below 4 GiB and one above: domains of
# their own, valid 32-bit BARs on both, I/O on both, each removed by itself.
#
# vmtest: --kernel stock-6.1,stock-6.12 --more kunit-6.12,kunit-6.1 --bus four-nvme.json --bus high-bus.json --host self --timeout 1000
# vmtest: --kernel arm64-6.1 --bus four-nvme.json --bus high-bus.json --host self --timeout 800
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { "$GUEST" "$@"; }

# bar FUNCTION NUMBER: first CPU address of a BAR
bar() { guest "sed -n $(($2 + 1))p /sys/bus/pci/devices/$1/resource" | cut -d' ' -f1; }

# register FUNCTION OFFSET: what a BAR register reads
register() { guest "setpci -s $1 $2.L"; }

check "load" guest "modprobe nvme && modprobe pvpci && modprobe pvpci_testdev"
within "controllers of both buses live" 60 guest \
	'[ $(grep -l live /sys/class/nvme/nvme*/state | wc -l) -eq 5 ]'
same "a domain for each" "10001 10007" \
	"$(guest lspci -D | grep ^1 | cut -d: -f1 | sort -u | xargs)"
check "one BAR2 is above 4 GiB" test $(("$(bar 10007:00:00.1 0)")) -ge $((1 << 32))
for fn in 10007:00:00.1 10007:00:08.0; do
	value=$((0x$(register $fn BASE_ADDRESS_0)))
	check "$fn: 32-bit BAR has a valid bus address" \
		test $((value & 0xf)) -eq 0 -a $value -ge $((0xc0000000)) -a $value -lt $((1 << 32))
done
check "registers are where the BARs are" guest \
	'for fn in /sys/bus/pci/drivers/pvpci_testdev/1*:*; do echo 77 >$fn/scratch || exit 1; done'
same "a BAR of 1 GiB" 1073741824 \
	"$(guest 'stat -c %s /sys/bus/pci/devices/10007:00:08.0/resource2')"
check "interrupts and DMA" guest \
	'cd /sys/bus/pci/devices/10007:00:00.1 && echo 2 >fire && echo 100000 >dma'
check "functions of one device" guest 'lspci -D -s 10007:00:00.0 -x | grep -q "^00:.* 80 00$" ||
	lspci -D -s 10007:00:00.0 -xxx | awk "/^00:/ { exit \$16 != \"80\" }"'
disks=$(guest 'ls /sys/block | grep nvme')
check "I/O on both buses at once" guest "for disk in $(echo "$disks" | xargs); do
	[ \$(cat /sys/block/\$disk/ro) = 1 ] && continue
	fio --name=\$disk --filename=/dev/\$disk --rw=randwrite --bs=4k --size=2M --direct=1 \
		--ioengine=libaio --iodepth=8 --verify=crc32c --verify_fatal=1 >/tmp/fio.\$disk &
	pids=\"\$pids \$!\"
done; for pid in \$pids; do wait \$pid || exit 1; done"
second=$(guest "ls -d /sys/bus/pci/devices/*/pci10007:00/.. 2>/dev/null | xargs -r readlink -f")
if [ -n "$second" ]; then
	check "one bus goes, the other stays" guest \
		"echo 1 >$second/remove && ! lspci -D | grep -q ^10007 &&
		[ \$(grep -l live /sys/class/nvme/nvme*/state | wc -l) -eq 4 ]"
	check "and comes back" guest "echo 1 >/sys/bus/pci/rescan; for i in 1 2 3 4 5 6 7 8 9; do
		lspci -D | grep -q ^10007 && exit; sleep 1; done; exit 1"
else
	ktap_result 1 "the second bus has a parent"
fi
check "unload" guest "rmmod pvpci_testdev; rmmod pvpci"
for value in 0x10001 -1 ten; do
	check "no bus with domain=$value, and a sentence" guest "dmesg -c >/dev/null; ! modprobe pvpci domain=$value 2>/dev/null &&
		dmesg | grep -q 'pvpci: .* domain is \"$value\" but must be'"
done
check "load with other domains" guest "modprobe pvpci domain=0xfffd"
within "four digits; what does not fit begins anew, what is taken gets the next" 60 guest \
	'[ "$(lspci -D | grep -v ^0000 | cut -d: -f1 | sort -u | xargs)" = "fffe ffff" ]'
same "domain as it is" 0xfffd "$(guest cat /sys/module/pvpci/parameters/domain)"
check "unload" guest "rmmod pvpci"
ktap_end
