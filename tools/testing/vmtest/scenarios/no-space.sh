#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# no-space.sh [KERNEL]: the reproduction that Linux's PCI maintainer asked for.
#
# A function with a 64 MiB BAR, then one with 256 MiB, is hot-added to an empty default root port of
# a stock QEMU q35 guest, next to a port whose NVMe controller is busy. Twice: with the stock kernel
# alone, and with pci_rebalance.ko loaded. Both outcomes are printed side by side; the exit status is
# 0 if the stock kernel fails and the other one succeeds with the neighbour undisturbed.
#
# As the host script of a guest it does what $MODE says: stock, rebalance, or patched (a kernel that
# succeeds by itself), with the functions $PLUGS and the busy $NEIGHBOUR.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../selftests/lib/ktap.sh
. "$here/../../selftests/lib/ktap.sh"

guest() { "$GUEST" "$@"; }

# bar2 FUNCTION: address of BAR 2, 0 if it has none
bar2() { guest "sed -n 3p /sys/bus/pci/devices/$1/resource" | cut -d' ' -f1; }

# has_bar2 FUNCTION: it has one
# shellcheck disable=SC2317 # "within" calls it
has_bar2() { [ $(($(bar2 "$1"))) -ne 0 ]; }

# plug MIB PORT FUNCTION: hot-add it and say what became of it
plug()
{
	local mib=$1 port=$2 fn=$3 bar

	check "$mib MiB: hot-added" "$QMP" object-add qom-type=memory-backend-ram "id=ram-$mib" \
		"size:=$((mib << 20))"
	"$QMP" device_add driver=ivshmem-plain "memdev=ram-$mib" "bus=$port" "id=big$mib" >/dev/null
	# The file of BAR 0, which always has room, is made when all is assigned.
	within "$mib MiB: the guest has found it" 60 guest "[ -e /sys/bus/pci/devices/$fn/resource0 ]"
	# shellcheck disable=SC2153 # from the environment
	[ "$MODE" = stock ] || within "$mib MiB: it has an address" 60 has_bar2 "$fn"
	bar=$(bar2 "$fn")
	echo "say: $mib MiB function $fn"
	guest "dmesg | grep -E '$fn.*(no space|failed to assign)|rebalance for $fn'" |
		sed -E 's/^\[ *[0-9.]+\] /say:   /'
	if [ $((bar)) -eq 0 ]; then
		echo "say:   BAR 2 has no address: unusable"
		return 1
	fi
	guest "setpci -s $fn COMMAND=2:2"
	"$QMP" human-monitor-command command-line='info mtree -f' | grep -qi "${bar#0x}-.*ram-$mib" ||
		{ echo "say:   QEMU does not decode it at $bar"; return 1; }
	echo "say:   BAR 2 at $bar, and QEMU decodes it there"
}

# inside: what is done beside a running guest
inside()
{
	local neighbour reads mib port fn fails=0
	local busy=${NEIGHBOUR:-0000:02:00.0}
	local plugs=${PLUGS:-"64 rp0 0000:01:00.0,256 rp2 0000:03:00.0"}

	[ "$MODE" = stock ] && fails=1
	check "modules" guest "modprobe nvme"
	within "the neighbour's disk" 20 guest '[ -b /dev/nvme0n1 ]'
	if [ "$MODE" = rebalance ]; then
		check "load pci_rebalance" guest \
			"insmod /vmtest/pci_rebalance.ko 2>/dev/null || modprobe pci_rebalance"
	fi
	neighbour=$(guest "sed -n 1p /sys/bus/pci/devices/$busy/resource")
	guest 'while [ ! -e /tmp/stop ]; do dd if=/dev/nvme0n1 of=/dev/null bs=64k count=16 iflag=direct \
		2>/dev/null || echo error >>/tmp/errors; done >/dev/null 2>&1 &'
	reads=$(guest "cut -c1-25 /sys/block/nvme0n1/stat")
	while read -r mib port fn; do
		plug "$mib" "$port" "$fn" </dev/null
		[ $? -eq "$fails" ]
		ktap_result $? "$mib MiB: as expected with $MODE"
	done <<<"${plugs//,/$'\n'}"
	guest 'touch /tmp/stop'
	check "the neighbour had no error" guest '[ ! -e /tmp/errors ]'
	check "and went on reading" test "$reads" != "$(guest "cut -c1-25 /sys/block/nvme0n1/stat")"
	same "and did not move" "$neighbour" \
		"$(guest "sed -n 1p /sys/bus/pci/devices/$busy/resource")"
	echo "say: the busy neighbour $busy stays at ${neighbour%% *}, no I/O error"
	ktap_end
}

if [ -n "${GUEST:-}" ]; then
	inside
	exit
fi

kernel=${1:-${KERNEL:-stock-6.12}}
work=$(mktemp -d /dev/shm/no-space-XXXXXX)
trap 'rm -rf "$work"' EXIT
truncate -s 16M "$work/disk"
qemu="-drive if=none,id=d0,format=raw,file=$work/disk"
for n in 0 1 2; do
	qemu+=" -device pcie-root-port,id=rp$n,chassis=$((n + 1)),slot=$((n + 1)),bus=pcie.0,addr=$((n + 2))"
done
qemu+=" -device nvme,serial=busy,drive=d0,bus=rp1"
bad=0
for mode in stock rebalance; do
	# shellcheck disable=SC2086 # options
	MODE=$mode "$here/../vmtest" --kernel "$kernel" --qemu "$qemu" --host "$0" --quiet \
		--name "no-space-$mode $kernel" --timeout 300 ${VMTEST_OPTIONS:-} >"$work/$mode" 2>&1 || bad=1
	cat "$work/$mode"
	sed -n 's/^ *\(# \)\?say: //p' "$work/$mode" | fold -s -w 76 >"$work/$mode.said"
done
echo "#"
{
	printf '%s\t%s\n' "STOCK $kernel" "WITH pci_rebalance"
	paste "$work/stock.said" "$work/rebalance.said"
} | awk -F'\t' '{ printf "# %-78s | %s\n", $1, $2 }'
exit $bad
