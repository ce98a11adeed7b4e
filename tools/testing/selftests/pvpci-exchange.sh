#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Somebody writes the config space of a function with interrupts off, on the
# processor of a driver that sleeps until the host has attached the same function:
# neither is in the other's way, nothing is lost.
#
# vmtest: --kernel stock-6.12,arm64-6.1 --more stock-6.1 --bus exchange.json
set -u
fn=10029:00:01.0
driver=/sys/bus/pci/drivers/pvpci_testdev
failed=0
n=0

result()
{
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n $2"
	else
		echo "not ok $n $2"
		failed=1
	fi
}

modprobe pvpci && modprobe pvpci_testdev
result $? "load"
# On a slow machine the host may be done before the write: such a turn is no proof.
met=0
turn=0
while [ $met -lt 3 ] && [ $((turn += 1)) -le 20 ]; do
	echo $fn >$driver/unbind
	setpci -s $fn COMMAND=0:142
	taskset -c 0 sh -c "echo $fn >$driver/bind" &
	bind=$!
	sleep 0.3
	[ -e $driver/$fn/scratch ] || met=$((met + 1))
	taskset -c 0 setpci -s $fn COMMAND=140:140
	wait $bind
	result $? "turn $turn: the driver binds"
	[ $((0x$(setpci -s $fn COMMAND) & 0x142)) -eq $((0x142)) ]
	result $? "turn $turn: both writes are there"
	sh -c "echo 5 >$driver/$fn/scratch"
	result $? "turn $turn: registers"
done
[ $met -eq 3 ]
result $? "three writes came while the host took its time"
! dmesg | grep "$fn" | grep -E "is lost|no answer in time|Host did not"
result $? "nobody complains"
echo "1..$n"
exit $failed
