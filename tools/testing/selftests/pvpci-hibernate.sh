#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A guest hibernates with its bus in use, another kernel boots that knows nothing
# of the bus, and restores the image: the functions come back as they were, with
# I/O that goes on, but for one that went and one that came while nobody looked.
#
# vmtest: --kernel stock-6.1,stock-6.12 --more arm64-6.1 --bus power.json --mem 768 --reboots --qemu "-blockdev driver=null-co,node-name=swap,size=536870912 -device virtio-blk-pci,drive=swap" --host self --timeout 800
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"
# shellcheck source=lib/sleep.sh
. "$(dirname "$0")/lib/sleep.sh"

domain=10024
declare -A before

# said N TEXT: the console has it N times. While one kernel takes the place of
# another nothing is sent to the guest: part of it would be lost with the first.
said() { [ "$(grep -c "$2" "$OUT/console.log")" -ge "$1" ]; }

# swap: where the image goes. A disk from the start, as the firmware's memory map must
# be the same for both kernels, and it depends on disks; its content is our file.
swap()
{
	"$QMP" blockdev-snapshot-sync node-name=swap snapshot-file="$OUT/swap.qcow2" \
		snapshot-node-name=image &&
		guest "modprobe -a virtio_pci virtio_blk && mkswap /dev/vda && swapon /dev/vda"
}

check "swap" swap
check "load" guest "modprobe nvme && modprobe pvpci && modprobe pvpci_testdev"
within "disk" 60 guest '[ -b /dev/nvme0n1 ]'
fill
usable "before"
fio_across

# In the background here, as no answer comes out of a guest that is frozen, and none
# that the host still waits for out of the image.
guest "echo reboot >/sys/power/disk && echo disk >/sys/power/state" &
within "another kernel boots" 180 said 2 "Run /init"
wait $!
within "and is another one" 60 guest "[ ! -e /tmp/fio.pid ]"
check "it has no driver for the bus" guest "[ ! -e /sys/module/pvpci ]"
same "nothing is attached" 0 "$(control --json list | grep -c '"attached": true')"
check "a function is taken away" control eject --force 03.0
echo '{ "slot": "09.0", "model": "testdev", "msix": 1, "bars": [ { "bar": 0, "bytes": "8K" } ] }' \
	>"$OUT/new.json"
check "and one comes" control add --no-wait "$OUT/new.json"
for slot in 01.0 02.0 04.0; do
	before[$slot]=$(attached $slot)
done

check "the disk with the image" guest "modprobe -a virtio_pci virtio_blk && [ -b /dev/vda ]"
guest "cat /sys/block/vda/dev >/sys/power/resume" &
within "the image is restored" 180 said 1 "hibernation exit"
kill $!
within "the first kernel answers" 60 guest "[ -e /tmp/fio.pid ]"
usable "after"
for slot in 01.0 02.0 04.0; do
	same "one attach to come back, $slot" $((before[$slot] + 1)) "$(attached $slot)"
done
within "the one that came is bound" 60 guest "[ -e /sys/bus/pci/drivers/pvpci_testdev/$domain:00:09.0 ]"
within "the one that went is gone" 60 guest "[ ! -e /sys/bus/pci/devices/$domain:00:03.0 ]"
within "fio has ended" 60 guest "! kill -0 \$(cat /tmp/fio.pid)"
check "with all data as written" guest "grep -q 'err= 0' /tmp/fio.log"
check "no edge has failed" guest "! grep -E 'failed [1-9]' /sys/kernel/debug/pvpci/$domain/functions"
check "unload" guest "swapoff /dev/vda; rmmod pvpci_testdev; rmmod pvpci"
ktap_end
