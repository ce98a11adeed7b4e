#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# One interrupt vector is enough to work with: what QEMU and libvirt give an ivshmem
# device when nobody asks for more, and what max_vectors=1 leaves of 64. Messages and
# all functions share it, and the log says which line to write.
#
# vmtest: --kernel stock-6.12 --more kunit-6.12,stock-6.1,arm64-6.1 --smp 2 --bus one-vector.json --bus-options vectors=1 --host self
# vmtest: --kernel stock-6.12 --smp 2 --bus one-vector.json --append pvpci.max_vectors=1 --host self
# vmtest: --kernel stock-6.12 --smp 2 --bus one-vector.json --bus-options vectors=1 --append threadirqs --host self
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { "$GUEST" "$@"; }

guest "mount -t debugfs nodev /sys/kernel/debug 2>/dev/null"
check "load" guest "modprobe nvme && modprobe pvpci && modprobe pvpci_testdev"
same "the transport has one interrupt" "1" "$(guest 'ls /sys/bus/pci/drivers/pvpci/0*/msi_irqs | wc -l')"
wanted=1
[ "$(guest 'cat /sys/module/pvpci/parameters/max_vectors')" = 0 ] || wanted=0
same "the log says what to write, unless it was asked for" "$wanted" \
	"$(guest "dmesg | grep -c 'pvpci.*vectors=64'")"
check "so does the host" grep -q "there is one vector.*write vectors=[0-9]" "$OUT/pvpcid0.log"
within "the controller is live" 60 guest 'grep -q live /sys/class/nvme/nvme0/state && [ -b /dev/nvme0n1 ]'
check "I/O" guest 'dd if=/dev/urandom of=/tmp/data bs=64k count=32 2>/dev/null
	dd if=/tmp/data of=/dev/nvme0n1 bs=64k oflag=direct conv=fsync 2>/dev/null &&
	dd if=/dev/nvme0n1 bs=64k count=32 iflag=direct 2>/dev/null | cmp - /tmp/data'
check "many I/Os at a time, verified" guest "fio --name=x --filename=/dev/nvme0n1 --rw=randrw --bs=4k \
	--direct=1 --ioengine=libaio --iodepth=16 --size=4M --verify=crc32c >/tmp/fio.log 2>&1 ||
	{ cat /tmp/fio.log; false; }"
same "no command has timed out" 0 "$(guest "dmesg | grep -c 'nvme.*timeout'")"
for slot in 02.0 03.0; do
	check "each vector of $slot fires" guest "cd /sys/bus/pci/devices/1002f:00:$slot &&
		for vector in \$(seq 0 \$((\$(wc -l <interrupts) - 1))); do echo \$vector >fire || exit 1; done"
done
arrived() { guest 'cat /sys/bus/pci/drivers/pvpci_testdev/1*/interrupts' | awk '{ n += $2 } END { print NR, n }'; }
# They all come, and none of them for another: 8 of MSI-X, 4 of MSI.
all() { [ "$(arrived)" = "12 12" ]; }
within "every vector came once" 60 all
# Where one is moved, all who share it go, and say so.
irq=$(guest "sed -n 1p /sys/bus/pci/devices/1002f:00:02.0/interrupts" | cut -d' ' -f1)
for cpu in 1 0; do
	check "move one to processor $cpu" guest "echo $cpu >/proc/irq/$irq/smp_affinity_list"
	# The first interrupt after the write may still find the old place.
	comes "fired, it arrives there" "$cpu" guest "echo 0 >/sys/bus/pci/devices/1002f:00:02.0/fire
		sed -n 1p /sys/bus/pci/devices/1002f:00:02.0/interrupts | cut -d' ' -f3"
	same "all say that they are on processor $cpu" "$cpu" "$(guest '
		for irq in $(cut -d" " -f1 /sys/bus/pci/drivers/pvpci_testdev/1*/interrupts); do
			cat /proc/irq/$irq/effective_affinity_list; done' | sort -u)"
done
echo '{ "slot": "04.0", "model": "testdev", "msix": 2, "bars": [ { "bar": 0, "bytes": "8K" } ] }' >"$OUT/new.json"
check "a function comes" pvpcictl --control "$PVPCI_CONTROL" add "$OUT/new.json"
check "and works" guest "cd /sys/bus/pci/devices/1002f:00:04.0 && echo 1 >fire && echo 8192 >dma"
check "and goes" pvpcictl --control "$PVPCI_CONTROL" eject 04.0
same "no request has timed out" "timeouts 0" "$(guest "grep timeouts /sys/kernel/debug/pvpci/1002f/stats")"
check "unload" guest "rmmod pvpci_testdev; rmmod pvpci"
ktap_end
