#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A network controller with an expansion ROM and I/O ports behind a root port: a hole is made in the
# memory window around it, so that the window and all that lies in it move. When any change of that
# has failed nothing differs; afterwards the ROM reads the same at its new place, I/O ports are where
# they were, window registers say what the kernel believes, and the driver works.
#
# matrix: stock-6.1
# matrix: arm64-6.1
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
# shellcheck source=lib/every_change.sh
. "$here/lib/every_change.sh"
# shellcheck source=lib/tree.sh
. "$here/lib/tree.sh"

if [ -z "${GUEST:-}" ]; then
	bad=0
	[ $# -gt 0 ] || set -- stock-6.12
	for kernel; do
		tree_begin
		for n in 0 1 2 3; do
			tree_port $n "1$n"
		done
		qemu+="-nic none -device e1000e,bus=rp1,id=net1 -device e1000e,bus=rp2,id=net2 "
		tree_run "$kernel" --timeout 300 || bad=1
	done
	exit $bad
fi

dir=/sys/kernel/pci_rebalance
# rom: what is read from it
rom() { guest "setpci -s $fn COMMAND=2:2; cd /sys/bus/pci/devices/$fn && echo 1 >rom && md5sum <rom; echo 0 >rom
	setpci -s $fn COMMAND=0:2"; }
# resource NUMBER: start and end
resource() { guest "sed -n $(($1 + 1))p /sys/bus/pci/devices/$fn/resource" | cut -d' ' -f1,2; }
make_room() { guest "echo '${fn%:*} 4M' >$dir/request"; }
# windows: of the port, as its registers have them; the last digit says what they can do
windows() { guest "setpci -s 00:11.0 MEMORY_BASE MEMORY_LIMIT PREF_MEMORY_BASE PREF_MEMORY_LIMIT IO_BASE.b IO_LIMIT.b" |
	xargs | sed -E 's/.( |$)/0\1/g'; }
# believed: the same, as the kernel has them
believed()
{
	local base limit
	local -a words=()

	while read -r base limit _; do
		words+=("$(printf '%04x %04x' $((base >> 16 & 0xfff0)) $((limit >> 16 & 0xfff0)))")
	done < <(guest 'sed -n "15p;16p" /sys/bus/pci/devices/0000:00:11.0/resource')
	read -r base limit _ < <(guest 'sed -n 14p /sys/bus/pci/devices/0000:00:11.0/resource')
	echo "${words[0]} ${words[1]} $(printf '%02x %02x' $((base >> 8 & 0xf0)) $((limit >> 8 & 0xf0)))"
}

check "load" guest "modprobe pci_rebalance auto=off"
fn=$(guest 'ls /sys/bus/pci/devices/0000:00:11.0 | grep -m1 "^0000:..:00[.]0\$"')
guest "setpci -s $fn COMMAND=0:3"
rom=$(rom)
check "there is a ROM" test "${#rom}" -gt 30
io=$(resource 2)
check "and I/O" test $(($(cut -d' ' -f1 <<<"$io"))) -ne 0
same "registers of the port" "$(believed)" "$(windows)"
before=$(resource 6)
every_change "hole" tree_state make_room
guest "cat $dir/result $dir/plan" | sed 's/^/# /'
check "the ROM has moved" test "$before" != "$(resource 6)"
same "and reads as before" "$rom" "$(rom)"
same "I/O has not moved" "$io" "$(resource 2)"
same "registers of the port" "$(believed)" "$(windows)"
guest "setpci -s $fn COMMAND=3:3"
mtree=$("$QMP" human-monitor-command command-line='info mtree -f')
for n in 0 2; do
	start=$(resource $n | cut -d' ' -f1)
	# Where I/O ports are memory, QEMU has them at the addresses of that.
	# shellcheck disable=SC2153 # of vmtest
	case $n$KERNEL in
	2arm64-*) start=$(printf '%#018x' $((start + 0x3eff0000))) ;;
	esac
	check "QEMU has it at $start" grep -qi "${start#0x}-.*e1000e" <<<"$mtree"
done
guest "setpci -s $fn COMMAND=0:3"
check "its driver" guest "modprobe e1000e && [ -e /sys/bus/pci/drivers/e1000e/$fn ]"
check "works" guest 'cd /sys/bus/pci/devices/'"$fn"'/net/* && ip link set ${PWD##*/} up &&
	grep -q "^52:54:00" address'
check "unload" guest "rmmod pci_rebalance"
ktap_end
