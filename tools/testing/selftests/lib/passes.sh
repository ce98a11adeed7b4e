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
