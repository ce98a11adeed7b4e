# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A pvpcid below pvpcid-keep, for scenarios that kill it. They have a function control.

# daemon: its process
daemon() { pgrep -P "$PVPCID_PID"; }

# kill_daemon: returns when the next one serves, or fails after a minute
kill_daemon()
{
	local old end=$((SECONDS + 60))

	old=$(daemon)
	kill -9 "$old"
	until [ -n "$(daemon)" ] && [ "$(daemon)" != "$old" ] && control --json list >/dev/null; do
		[ "$SECONDS" -le "$end" ] || return 1
		sleep 0.02
	done 2>/dev/null
}
