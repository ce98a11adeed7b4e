#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Four NVMe controllers on a pvpci bus, used as a user would: found, listed,
# partitioned, formatted, mounted, written and verified with fio, the module
# taken out and put back, and the data compared on the host.
#
# vmtest: --kernel stock-6.1,stock-6.12,stock-7.3@backports,kunit-6.12 --more cloud-6.12,cloud-6.1 --bus four-nvme.json --disk-mib 96 --host self --timeout 800
# vmtest: --kernel arm64-6.1 --bus four-nvme.json --disk-mib 96 --host self --timeout 800
# vmtest: --kernel stock-6.12 --pvpcid asan --bus four-nvme.json --disk-mib 96 --host self --timeout 800
# vmtest: --kernel stock-6.12 --firmware ovmf --bus four-nvme.json --disk-mib 96 --host self --timeout 800
# vmtest: --more arm64-6.1 --firmware aavmf --bus four-nvme.json --disk-mib 96 --host self --timeout 800
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { "$GUEST" "$@"; }
stats() { pvpcictl --control "$PVPCI_CONTROL" --json "$@"; }

# number CONTROLLER-SERIAL: which /dev/nvmeN it is
number() { guest "grep -l $1 /sys/class/nvme/nvme*/serial | cut -d/ -f5"; }

dd if=/dev/urandom of="$OUT/disk4.img" bs=1M count=1 conv=notrunc status=none

check "modules load" guest "modprobe ext4; modprobe nvme && modprobe pvpci"
within "four controllers live" 60 guest \
	'[ $(grep -l live /sys/class/nvme/nvme*/state | wc -l) -eq 4 ]'
within "five namespaces" 60 guest \
	"[ \$(ls /sys/block | grep -c '^nvme[0-9]*n[0-9]*\$') -eq 5 ]"
same "own domain, stable slots" "10001:00:03.0 10001:00:04.0 10001:00:05.0 10001:00:1f.7" \
	"$(guest lspci -D -d ::0108 | cut -d' ' -f1 | xargs)"
check "windows are children of BAR2" guest \
	'grep -A30 -i "0000:00:..\.. *$" /proc/iomem | grep -i pvpci'
check "id-ctrl" guest 'nvme id-ctrl /dev/nvme0 | grep -q "^sn .*PV000"'
same "nvme list" 5 "$(guest 'nvme list -o json' | grep -c DevicePath)"
same "functions decode after bind" 4 \
	"$(guest 'lspci -D -vv -d ::0108' | grep -c 'Control:.* Mem+ BusMaster+')"
check "MSI-X is on" guest 'lspci -D -vv -s 10001:00:03.0 | grep -q "MSI-X: Enable+"'

# What differs between machines is taken out: addresses, nodes and all-zero lines.
same "lspci -vvv -xxxx is as it should be" \
	"$(cat "$(dirname "$0")/../golden/lspci-nvme.txt")" \
	"$(guest lspci -vvv -xxxx -D -s 10001:00:03.0 |
		sed 's/Memory at [0-9a-f]* /Memory at ADDRESS /; s/^10: .*/10: (BARs)/
			/NUMA node/d; /IOMMU group/d; /Kernel modules/d; /^[0-9a-f]*: \(00 \)\{15\}00$/d')"

a=$(number PV0001)n1
b=$(number PV0002)n1
c=$(number PV0003)n2
d=$(number PV0004)n1
check "512-byte blocks" guest "[ \$(cat /sys/block/$a/queue/logical_block_size) -eq 512 ]"
check "4096-byte blocks" guest "[ \$(cat /sys/block/$b/queue/logical_block_size) -eq 4096 ]"
same "a read-only namespace is read-only" 1 "$(guest "cat /sys/block/$d/ro")"
same "reads what the host wrote" "$(head -c 1M "$OUT/disk4.img" | md5sum)" \
	"$(guest "head -c 1048576 /dev/$d | md5sum")"

check "partition" guest "printf 'label: gpt\n,40M\n,\n' | sfdisk -q /dev/$a && sleep 1"
check "mkfs.ext4 on a partition and on 4096-byte blocks" guest \
	"mkfs.ext4 -q -F /dev/${a}p1 && mkfs.ext4 -q -F /dev/$b && mkdir -p /mnt/a /mnt/b &&
	mount -t ext4 /dev/${a}p1 /mnt/a && mount -t ext4 /dev/$b /mnt/b"
check "fio --verify, 4 jobs, depth 32" guest "fio --name=verify --directory=/mnt/a \
	--numjobs=4 --iodepth=32 --size=2M --bsrange=512-64k --bs_unaligned=0 --rw=randwrite \
	--direct=1 --ioengine=libaio --verify=crc32c --do_verify=1 --verify_fatal=1 >/tmp/fio ||
	{ tail -n 20 /tmp/fio; false; }"
check "fio --verify on the bare second namespace" guest "fio --name=raw --filename=/dev/$c \
	--numjobs=4 --iodepth=32 --size=4M --offset_increment=8M --bs=4k --rw=randwrite --direct=1 \
	--ioengine=libaio --verify=crc32c --do_verify=1 --verify_fatal=1 >/tmp/fio ||
	{ tail -n 20 /tmp/fio; false; }"
guest "dd if=/dev/urandom of=/mnt/b/data bs=64k count=256 2>/dev/null"
sum=$(guest "md5sum </mnt/b/data")
check "unmount, unload" guest "umount /mnt/a /mnt/b && rmmod pvpci"
same "no function is left" "" "$(guest "lspci -D -d ::0108" | grep ^1)"
check "load again" guest modprobe pvpci
within "controllers are back" 60 guest \
	'[ $(grep -l live /sys/class/nvme/nvme*/state | wc -l) -eq 4 ]'
b=$(number PV0002)n1
within "the disk is back" 60 guest "[ -b /dev/$b ]"
check "remount" guest "mount -t ext4 /dev/$b /mnt/b"
same "same data" "$sum" "$(guest "md5sum </mnt/b/data")"
guest "umount /mnt/b; sync"
check "the file system is clean on the host" e2fsck -fn "$OUT/disk1.img"
same "the host finds the guest's data" "$sum" \
	"$(debugfs -R 'cat data' "$OUT/disk1.img" 2>/dev/null | md5sum)"
check "one attach and one detach for each load" python3 -c '
import json, sys
for slot, fn in json.loads(sys.argv[1])["stats"]["functions"].items():
    assert fn["attaches"] == 2 and fn["detaches"] == 1 and fn["edges"] == 3, (slot, fn)
' "$(stats stats)"
check "ping" stats ping
check "a controller reset keeps the disk" guest \
	"nvme reset /dev/${b%n1} && head -c 4096 /dev/$b >/dev/null"
ktap_end
