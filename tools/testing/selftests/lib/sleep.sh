# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For scenarios in which a bus with a disk and testdevs sleeps; needs ktap.sh.

guest() { timeout 60 "$GUEST" "$@"; }
control() { pvpcictl --control "$PVPCI_CONTROL" "$@"; }

# attached SLOT: times that the daemon has attached it
attached()
{
	control --json stats | python3 -c '
import json, sys
print(json.load(sys.stdin)["stats"]["functions"][sys.argv[1]]["attaches"])' "$1"
}

# drivers: what the daemon says has become of its functions
drivers()
{
	control --json list | python3 -c '
import json, sys
print(*[fn["slot"] + ":" + str((fn["outcome"] or {}).get("driver")) for fn in json.load(sys.stdin)["functions"]])'
}
knows() { [ "$(drivers)" = "$1" ]; }

# fill: something in /tmp/data of the guest and at the beginning of the disk
fill()
{
	guest "dd if=/dev/urandom of=/tmp/data bs=64k count=16 2>/dev/null
		dd if=/tmp/data of=/dev/nvme0n1 bs=64k oflag=direct conv=fsync 2>/dev/null"
	sum=$(guest "md5sum </tmp/data")
}

# fio_across: I/O from before the sleep until after it, verified; /tmp/fio.pid and /tmp/fio.log
fio_across()
{
	check "fio runs across it" guest "fio --name=sleep --filename=/dev/nvme0n1 --offset=16M --size=8M \
		--rw=randrw --bs=4k --direct=1 --ioengine=libaio --iodepth=4 --time_based --runtime=5 \
		--verify=crc32c >/tmp/fio.log 2>&1 </dev/null & echo \$! >/tmp/fio.pid"
}

# usable NAME: everything on the bus works
usable()
{
	within "$1: controller live" 60 guest 'grep -q live /sys/class/nvme/nvme0/state'
	same "$1: data" "$sum" \
		"$(guest "dd if=/dev/nvme0n1 bs=64k count=16 iflag=direct 2>/dev/null | md5sum")"
	check "$1: I/O" guest "dd if=/tmp/data of=/dev/nvme0n1 seek=100 bs=64k oflag=direct \
		conv=fsync 2>/dev/null"
	check "$1: registers, interrupts and DMA" guest "for fn in /sys/bus/pci/drivers/pvpci_testdev/1*; do
		cd \$fn && echo 3 >scratch && echo 0 >fire && echo 8192 >dma || exit 1; done"
}
