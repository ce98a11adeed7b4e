# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# fio in the guest that writes and verifies, pass after pass: it counts them in /tmp/passes,
# and leaves /tmp/failed when one fails. For scenarios with a function guest.

passes() { guest "cat /tmp/passes"; }

# more_passes COUNT: none has failed, and there are more
more_passes() { guest "[ ! -e /tmp/failed ]" && [ "$(passes)" -gt "$1" ]; }

# goes_on NAME: a whole pass has begun and ended since
goes_on()
{
	local count

	count=$(passes)
	within "$1: fio goes on" 120 more_passes $((count + 1))
}

# passes_start DISK OPTION...: begin; each pass has data of its own, and the disk is open between
# them, too. Until /tmp/stop is there; $! is the process to wait for
passes_start()
{
	guest "exec 3<>/dev/$1; echo 0 >/tmp/passes; pass=0
		until [ -e /tmp/stop ]; do
			fio --name=disk --filename=/dev/$1 --rw=randwrite --bs=4k --direct=1 ${*:2} \
				--ioengine=libaio --iodepth=8 --verify=crc32c --verify_fatal=1 \
				--do_verify=1 --randseed=\$pass --output=/tmp/fio.log ||
				{ touch /tmp/failed; exit 1; }
			echo \$((pass += 1)) >/tmp/passes.new; mv /tmp/passes.new /tmp/passes
		done" &
}
