# SPDX-License-Identifier: GPL-2.0
"""gap-us: the longest time that a mounted disk completed nothing, when room is made beside it.

Five NVMe controllers with mounted file systems, fio at depth 32 on each. Room for 256 KiB is made
in the ways that there are; the figure is that of the disk which had to wait longest, by the
milliseconds of fio's log."""
import os

from benchlib import ROOT
from guestlib import Guest

SELFTESTS = os.path.join(ROOT, "tools/testing/selftests")

# fio on all disks that are mounted, whose logs are /tmp/NAME_lat.DISK.log; ends by SIGINT.
BEGIN = r"""
cd "$OUT"
. SELFTESTS/lib/ktap.sh
. SELFTESTS/lib/shared_disks.sh
guest() { "$GUEST" "$@"; }
ctl() { pvpcictl --control "$PVPCI_CONTROL" "$@"; }
dir=/sys/kernel/pci_rebalance
guest "modprobe nvme && modprobe pvpci && modprobe ext4 && modprobe pci_rebalance auto=off"
within "eight disks" 60 live 8
holes
for slot in $stay; do guest "echo 10001:00:$slot.0 idle >$dir/allow"; done
make_all
mount_all
# io NAME: until /tmp/stop; a file for each disk
io()
{
	guest "rm -f /tmp/stop; for mount in /mnt/0*; do
		fio --name=\${mount##*/} --filename=\$mount/file --size=4m --rw=randread --bs=4k --direct=1 \
			--ioengine=libaio --iodepth=32 --thread --time_based --runtime=600 --log_unix_epoch=1 \
			--write_lat_log=/tmp/$1.\${mount##*/} --output=/tmp/fio.log.\${mount##*/} &
		done; until [ -e /tmp/stop ]; do sleep 0.1; done; kill -INT \$(pidof fio); wait" &
	io=$!
	sleep 5
}
end_io() { sleep 5; guest "touch /tmp/stop"; wait $io; }
# gap NAME: between completions; gap NAME OTHER: from the last of one to the first of the other
gap()
{
	local slot

	for slot in $stay; do
		if [ $# -eq 1 ]; then
			guest "awk -F, 'NR > 1 && \$1 - last > most { most = \$1 - last } { last = \$1 }
				END { print most * 1000 }' /tmp/$1.${slot}_lat.1.log"
		else
			guest "a=\$(tail -n 1 /tmp/$1.${slot}_lat.1.log | cut -d, -f1)
				b=\$(head -n 1 /tmp/$2.${slot}_lat.1.log | cut -d, -f1); echo \$(((b - a) * 1000))"
		fi
	done | sort -n | tail -n 1
}
""".replace("SELFTESTS", SELFTESTS)

WAYS = {
    "pvpci-online": r"""
io quiet
end_io
io online
ctl rebalance --online --room 256K --timeout 120
end_io
echo quiet $(gap quiet) >result
echo pvpci-online $(gap online) >>result
""",
    "unmounted": r"""
io before
end_io
guest "umount /mnt/0* && echo '10001:00 256K prefetch' >$dir/request"
mount_all
io after
end_io
echo unmounted $(gap before after) >result
""",
    "remove-rescan": r"""
io before
end_io
guest "umount /mnt/0*; for fn in /sys/bus/pci/drivers/nvme/1*; do
	echo 1 >/sys/bus/pci/devices/\${fn##*/}/remove; done; echo 1 >/sys/bus/pci/rescan"
mount_all
io after
end_io
echo remove-rescan $(gap before after) >result
""",
}


def controller(number):
    return {"slot": f"{number:02x}.0", "model": "nvme", "share": f"D{number}", "queues": 2,
            "bar_bytes": "128K", "namespaces": [{"file": f"disk{number}.img"}]}


def measure(bench, kernel, times):
    """Adds a row for each way; each time is a boot of its own."""
    bus = {"id": 1, "aperture": "1M", "vectors": 64,
           "functions": [controller(number) for number in range(1, 9)]}
    found = {}
    for _ in range(times):
        for way, script in WAYS.items():
            with Guest("bench-rebalance-gap", kernel=kernel, buses=[bus]) as guest:
                for number in range(1, 9):
                    with open(guest.path(f"disk{number}.img"), "wb") as out:
                        out.truncate(16 << 20)
                guest.run(BEGIN + script)
                for line in guest.read("result").splitlines():
                    name, figure = line.split()
                    found.setdefault(name, []).append(int(figure))
            print(way, found, flush=True)
    for name, figures in found.items():
        bench.add(name, "gap-us", figures, "us")
