#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Every version of the driver with every version of the daemon: three buses,
# one that serves all versions and two that are pinned, and the driver likewise.
# Where both speak 1.1 there are config blocks.
#
# vmtest: --kernel stock-6.12 --more arm64-6.1 --bus protocol-any.json --bus protocol-1.0.json --bus protocol-1.1.json
n=0
result() { n=$((n + 1)); [ "$1" = 0 ] && echo "ok $n $2" || echo "not ok $n $2"; }
same() { [ "$2" = "$3" ]; result $? "$1"; [ "$2" = "$3" ] || echo "wanted $2, got $3"; }

mount -t debugfs nodev /sys/kernel/debug 2>/dev/null

# versions: what each of the three buses speaks
versions()
{
	for domain in 10020 10021 10022; do
		sed -n 's/^version //p' /sys/kernel/debug/pvpci/$domain/state 2>/dev/null || echo none
	done | xargs
}

# works FUNCTION: registers, interrupts and DMA
works()
{
	(cd /sys/bus/pci/drivers/pvpci_testdev/"$1" &&
		echo 77 >scratch && echo 1 >fire && echo 10000 >dma)
}

# round PARAMETER WANTED: load, look, unload
round()
{
	dmesg -c >/dev/null
	# shellcheck disable=SC2086 # a parameter or none
	modprobe pvpci $1 && modprobe pvpci_testdev
	result $? "load the driver, ${1:-any protocol}"
	same "protocols of the buses, driver ${1:-any}" "$2" "$(versions)"
	for fn in /sys/bus/pci/drivers/pvpci_testdev/1*; do
		works "${fn##*/}"
		result $? "${fn##*/} works, driver ${1:-any}"
	done
}

unload() { rmmod pvpci_testdev && rmmod pvpci; result $? "unload"; }

round "" "1.1 1.0 1.1"
cd /sys/bus/pci/drivers/pvpci_testdev/10020:00:01.0 || exit 1
echo 5 0123456789abcdef >block
same "a block reads as it was written" 0123456789abcdef "$(cat block)"
echo 0 >block
same "the block of its identity has 16 bytes" 32 "$(tr -d '\n' <block | wc -c)"
! echo 0 00 >block 2>/dev/null
result $? "that one cannot be written"
echo 63 2100000000000000 >block
for _ in $(seq 100); do
	[ "$(cat invalidations)" = "1 0x21" ] && break
	sleep 0.1
done
same "the driver hears of invalidated blocks" "1 0x21" "$(cat invalidations)"
echo 5 >block
same "and reads them anew" 0223456789abcdef "$(cat block)"
cd ../10021:00:01.0 || exit 1
! cat block >/dev/null 2>&1
result $? "no blocks with 1.0"
cd /
unload
round protocol=1.0 "1.0 1.0 none"
same "one sentence for the bus that speaks 1.1 only" 1 \
	"$(dmesg | grep -c 'serves no protocol version .* only 1.0')"
unload
round protocol=1.1 "1.1 none 1.1"
unload
! modprobe pvpci protocol=2.0 2>/dev/null
result $? "a version that does not exist is refused"
dmesg | grep -q 'protocol is "2.0" but must be'
result $? "and the reason is in the log"
echo "1..$n"
