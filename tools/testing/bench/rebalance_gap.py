# SPDX-License-Identifier: GPL-2.0
"""gap-us: the longest time that a mounted disk completed nothing, when room is made beside it.

Five NVMe controllers with mounted file systems fill a small aperture; room for 256 KiB is made in
the ways that there are. fio reads at depth 32 on the disks whose controllers have to move, and on
no other: the two processors of a guest are what a busy disk waits for otherwise. The figure is
that of the disk that waited longest, in the milliseconds of fio's log of completions."""
import os
import subprocess

from benchlib import ROOT, progress
from guestlib import Guest

HERE = os.path.dirname(os.path.abspath(__file__))
SELFTESTS = os.path.join(ROOT, "tools/testing/selftests")
PATCHED = os.path.join(ROOT, "build/bench/patched")

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
moving=$(ctl --json rebalance ONLINE --dry-run --room 256K |
	python3 -c 'import json, sys; print(*(move["slot"][:2] for move in json.load(sys.stdin)["rebalance"]["moves"]))')
[ -n "$moving" ]
echo "# moving $moving"
# io NAME: until end_io; a file for each disk that will move, and a log /tmp/NAME.SLOT_lat.1.log
io()
{
	guest "rm -f /tmp/stop; for slot in $moving; do
		fio --name=\$slot --filename=/mnt/\$slot/file --size=4m --rw=randread --bs=4k --direct=1 \
			--ioengine=libaio --iodepth=32 --thread --time_based --runtime=600 --log_unix_epoch=1 \
			--write_lat_log=/tmp/$1.\$slot --output=/tmp/fio.\$slot &
		done; until [ -e /tmp/stop ]; do sleep 0.1; done; kill -INT \$(pidof fio); wait" &
	io=$!
	guest "until [ \$(ls /mnt/*/file 2>/dev/null | wc -l) -eq $(wc -w <<<"$moving") ]; do sleep 0.1; done"
	sleep 3
}
end_io() { sleep 3; guest "touch /tmp/stop"; wait $io; }
# gap NAME: the longest time between two completions
gap()
{
	local slot

	for slot in $moving; do
		guest "sort -n /tmp/$1.${slot}_lat.1.log | awk -F, '
			NR > 1 && \$1 - last > most { most = \$1 - last } { last = \$1 }
			END { print most * 1000 }'"
	done | sort -n | tail -n 1
}
# with NAME COMMAND...: what is done under I/O
with()
{
	local name=$1

	shift
	io "$name"
	"$@"
	end_io
	echo "$name $(gap "$name")" >>result
}
# without NAME COMMAND: what has to be done with the disks unmounted: from there to the first
# completion after it, by a script that loses no time
without()
{
	io "$1"
	end_io
	guest "now() { sed 's/\.//; s/ .*/0000/' /proc/uptime; }
	begin=\$(now)
	umount /mnt/0* && { $2
	} && for slot in $moving; do
		until name=\$(grep -ls \"^D\${slot#0} *\\$\" /sys/block/nvme*n1/device/serial |
				grep -oE 'nvme[0-9]+n1') && [ -b /dev/\$name ] &&
				mount -t ext4 /dev/\$name /mnt/\$slot; do sleep 0.01; done
		dd if=/mnt/\$slot/file of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null
	done && echo \$((\$(now) - begin))" >gap
	echo "$1 $(cat gap)" >>result
}
""".replace("SELFTESTS", SELFTESTS)

ROOM = "ctl rebalance ONLINE --room 256K --timeout 120"
STOCK = {
    "pvpci-online": f"with quiet sleep 3\nwith pvpci-online {ROOM}\n",
    "unmounted": "without unmounted \"echo '10001:00 256K prefetch' >$dir/request\"\n",
    "remove-rescan": r"""without remove-rescan "for fn in /sys/bus/pci/drivers/nvme/1*; do
	echo 1 >/sys/bus/pci/devices/\${fn##*/}/remove; done; echo 1 >/sys/bus/pci/rescan"
""",
}
SERIES = {"pvpci-patched": f"with quiet-patched sleep 3\nwith pvpci-patched {ROOM}\n"}


def controller(number, share):
    """One whose disk can have a second path, if @share."""
    return {"slot": f"{number:02x}.0", "model": "nvme", "queues": 2, "bar_bytes": "128K",
            "share" if share else "serial": f"D{number}",
            "namespaces": [{"file": f"disk{number}.img"}]}


def boot(kernel, script, share):
    """[(way, us)] of one guest."""
    bus = {"id": 1, "aperture": "1M", "vectors": 64,
           "functions": [controller(number, share) for number in range(1, 9)]}
    with Guest("bench-rebalance-gap", kernel=kernel, buses=[bus]) as guest:
        for number in range(1, 9):
            with open(guest.path(f"disk{number}.img"), "wb") as out:
                out.truncate(16 << 20)
        guest.run((BEGIN + script).replace("ONLINE", "--online" if share else ""))
        return [(name, int(us)) for name, us in
                (line.split() for line in guest.read("result").splitlines())]


def patched(script):
    """The same, on a kernel without checkers that has the series of patches; one path."""
    subprocess.run([os.path.join(HERE, "patched-kernel.sh"), "6.12"], check=True)
    os.environ["PVPCI_BUILD"] = PATCHED
    try:
        return boot("kunit-6.12", script, share=False)
    finally:
        del os.environ["PVPCI_BUILD"]


def measure(bench, kernel, times):
    """Adds a row for each way; each time is a boot of its own."""
    found = {}
    for _ in range(times):
        for way, script in {**STOCK, **SERIES}.items():
            progress(f"{way}: disks in use")
            for name, us in patched(script) if way in SERIES else boot(kernel, script, True):
                found.setdefault(name, []).append(us)
    for name, figures in found.items():
        bench.add(name, "gap-us", figures, "us")
