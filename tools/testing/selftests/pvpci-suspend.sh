#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The whole bus sleeps and wakes up: tests of suspend and of hibernation's freeze
# and thaw as far as kernels go without sleeping, and suspend to idle for real,
# with I/O before and after, and with a function that goes and one that comes
# while the guest sleeps. Nothing costs more than one edge.
#
# vmtest: --kernel stock-6.12,stock-7.3@backports --more stock-6.1,arm64-6.1 --append no_console_suspend --bus power.json --host self --timeout 600
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"
# shellcheck source=lib/sleep.sh
. "$(dirname "$0")/lib/sleep.sh"
# shellcheck source=lib/edges.sh
. "$(dirname "$0")/lib/edges.sh"

# bus STATE: it is in that state, as the daemon sees it
bus() { control --json list | grep -q "\"state\": \"$1\""; }

# wake: press a key, or say something on the serial port of our commands where there is no keyboard,
# and see whether the bus is up
wake()
{
	case $KERNEL in
	arm64-*) guest true ;;
	*) "$QMP" '{"execute": "send-key", "arguments": {"keys": [{"type": "qcode", "data": "shift"}]}}' ;;
	esac
	sleep 1
	bus up
}

# power LEVEL STATE: sleep as far as LEVEL
power()
{
	check "$1 test of $2" guest "echo $1 >/sys/power/pm_test && echo $2 >/sys/power/state"
	guest "echo none >/sys/power/pm_test"
}

check "load" guest "mount -t debugfs nodev /sys/kernel/debug; modprobe nvme && modprobe pvpci &&
	modprobe pvpci_testdev"
within "disk" 60 guest '[ -b /dev/nvme0n1 ]'
fill
case $KERNEL in
arm64-*) waker=/sys/class/tty/ttyS2 ;;
*) waker=/sys/devices/platform/i8042/serio0 ;;
esac
guest "echo 1 >/sys/module/suspend/parameters/pm_test_delay
	echo enabled >$waker/power/wakeup"
check "fio runs across it" guest "fio --name=sleep --filename=/dev/nvme0n1 --offset=16M --size=8M \
	--rw=randrw --bs=4k --direct=1 --ioengine=libaio --iodepth=4 --time_based --runtime=5 \
	>/tmp/fio.log 2>&1 </dev/null &"
power devices freeze
usable "devices"
power platform freeze
usable "platform"
echo '{ "slot": "0a.0", "model": "testdev", "bars": [ { "bar": 0, "bytes": "4K" } ] }' >"$OUT/storm.json"
# While the guest does not answer, a timeout of 1 ms makes it surprise removal at once.
storm()
{
	until [ -e "$OUT/calm" ]; do
		timeout 2 pvpcictl --control "$PVPCI_CONTROL" add "$OUT/storm.json"
		control eject --force --timeout 1 0a.0
	done
}
storm >"$OUT/storm.log" 2>&1 & storm=$!
power devices freeze
power platform freeze
touch "$OUT/calm"
wait $storm
usable "functions come and go all the time"
before=$(attached 02.0)
power platform disk
usable "hibernation's freeze and thaw"
same "one attach to come back" $((before + 1)) "$(attached 02.0)"
for slot in 01.0 02.0 03.0 04.0; do
	same "both ends count the same, $slot" "$(edges $slot)" "$(guest_edges 10024 $slot)"
done

before=$(attached 02.0)
echo '{ "slot": "09.0", "model": "testdev", "msix": 1, "bars": [ { "bar": 0, "bytes": "8K" } ] }' \
	>"$OUT/new.json"
# In the background here: there the answer might not come out before all is frozen.
guest "echo freeze >/sys/power/state" &
sleeper=$!
within "the bus sleeps" 60 bus agreed
check "a function is taken away meanwhile" control eject --force 03.0
check "and one comes" control add "$OUT/new.json"
within "the bus is up again" 60 wake
wait $sleeper
same "it has slept" 0 $?
usable "suspend to idle"
within "the one that came is bound" 60 guest "[ -e /sys/bus/pci/drivers/pvpci_testdev/10024:00:09.0 ]"
check "the one that went is gone" guest "[ ! -e /sys/bus/pci/devices/10024:00:03.0 ]"
within "the daemon knows their drivers" 60 knows \
	"01.0:nvme 02.0:pvpci_testdev 04.0:pvpci_testdev 09.0:pvpci_testdev"
check "and one goes politely" control eject --timeout=20 09.0
same "one attach to come back" $((before + 1)) "$(attached 02.0)"
check "no edge has failed" guest \
	"! grep -E 'failed [1-9]' /sys/kernel/debug/pvpci/10024/functions"
check "unload" guest "rmmod pvpci_testdev; rmmod pvpci"
ktap_end
