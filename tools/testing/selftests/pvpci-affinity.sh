#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Interrupt affinity: writing smp_affinity moves the vector for real, for MSI-X
# and for multi-MSI, and the interrupt arrives on the processor asked for. Wherever
# it arrives, effective_affinity says so: nobody moves the transport's interrupts that
# carry them, and when a processor goes they are told to be where they are then.
#
# vmtest: --kernel stock-6.12 --more kunit-6.12,stock-6.1,kunit-6.1,arm64-6.1 --smp 2 --bus two-testdevs.json --host self
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { "$GUEST" "$@"; }

check "load" guest "modprobe pvpci && modprobe pvpci_testdev"
check "multi-MSI is on" guest 'lspci -vv -D -s 10005:00:02.0 | grep -q "MSI: Enable+ Count=4/4"'
check "MSI-X is on" guest 'lspci -vv -D -s 10005:00:01.0 | grep -q "MSI-X: Enable+ Count=8"'
# Fire one vector and wait until it is counted.
guest -i 'cat >/tmp/fire; chmod +x /tmp/fire' <<'END'
#!/bin/sh
count() { sed -n $(($2 + 1))p $1/interrupts | cut -d' ' -f2; }
before=$(count $1 $2)
echo $2 >$1/fire || exit 1
for try in $(seq 50); do
	[ $(count $1 $2) -gt $before ] && exit 0
	sleep 0.1
done
echo "vector $2 of $1 was not counted in 5 s"
exit 1
END
for fn in 10005:00:01.0 10005:00:02.0; do
	path=/sys/bus/pci/devices/$fn
	for vector in 0 1 3; do
		irq=$(guest "sed -n $((vector + 1))p $path/interrupts" | cut -d' ' -f1)
		for cpu in 1 0 1; do
			check "$fn vector $vector to processor $cpu" guest \
				"echo $cpu >/proc/irq/$irq/smp_affinity_list"
			# The first interrupt after the write may still find the old place.
			check "$fn vector $vector fires twice" guest \
				"/tmp/fire $path $vector && /tmp/fire $path $vector"
			same "$fn vector $vector arrives on processor $cpu, and says so" "$cpu $cpu" \
				"$(guest "echo \$(sed -n $((vector + 1))p $path/interrupts | cut -d' ' -f3) \
					\$(cat /proc/irq/$irq/effective_affinity_list)")"
		done
	done
done
same "every interrupt was counted once" 36 \
	"$(guest 'cat /sys/bus/pci/drivers/pvpci_testdev/1*/interrupts' |
		awk '{ total += $2 } END { print total }')"

# truth: vectors that say to be on another processor than their last interrupt came to
truth()
{
	guest 'cat /sys/bus/pci/drivers/pvpci_testdev/1*/interrupts |
		while read -r irq count cpu; do
			[ $cpu = $(cat /proc/irq/$irq/effective_affinity_list) ] ||
				echo "irq $irq came to $cpu, says $(cat /proc/irq/$irq/effective_affinity_list)"
		done'
}
fire_all()
{
	guest 'for fn in /sys/bus/pci/drivers/pvpci_testdev/1*:*; do
		for vector in $(seq 0 $(($(wc -l <$fn/interrupts) - 1))); do
			/tmp/fire $fn $vector && /tmp/fire $fn $vector || exit 1; done; done'
}
check "all vectors fire" fire_all
same "all are where they say" "" "$(truth)"
# What irqbalance does to everything that it finds in /proc/interrupts.
check "no interrupt of the transport can be moved" guest \
	'for irq in $(sed -n "s/^ *\([0-9]*\):.* pvpci$/\1/p" /proc/interrupts); do
		for cpu in 0 1; do
			! echo $cpu 2>/dev/null >/proc/irq/$irq/smp_affinity_list || exit 1; done; done'
check "all vectors fire again" fire_all
same "all are where they say, after that" "" "$(truth)"
check "processor 1 goes" guest "echo 0 >/sys/devices/system/cpu/cpu1/online"
check "all vectors fire without it" fire_all
same "all are where they say, on the other" "" "$(truth)"
check "processor 1 comes back" guest "echo 1 >/sys/devices/system/cpu/cpu1/online"
check "scratch, 64-bit and 32-bit BAR" guest \
	'for fn in /sys/bus/pci/drivers/pvpci_testdev/1*:*; do echo 0x12345678 >$fn/scratch || exit 1; done'
check "DMA of odd sizes" guest 'for bytes in 1 7 4096 65537 1048576; do
	echo $bytes >/sys/bus/pci/devices/10005:00:01.0/dma || exit 1; done'
same "DMA of nothing is refused" 1 \
	"$(guest 'echo 0 >/sys/bus/pci/devices/10005:00:01.0/dma'; echo $?)"
check "unload" guest "timeout 30 rmmod pvpci_testdev && timeout 30 rmmod pvpci"
ktap_end
