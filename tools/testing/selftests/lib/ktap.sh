# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For scenarios: one KTAP line for each thing that a user would look at.

KTAP_NUMBER=0
KTAP_FAILED=0

# ktap_result STATUS NAME: the line itself
ktap_result()
{
	KTAP_NUMBER=$((KTAP_NUMBER + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $KTAP_NUMBER $2"
	else
		echo "not ok $KTAP_NUMBER $2"
		KTAP_FAILED=$((KTAP_FAILED + 1))
	fi
}

# check NAME COMMAND...: ok when the command succeeds; what it printed otherwise
check()
{
	local name=$1 output status=0

	shift
	output=$("$@" 2>&1) || status=$?
	ktap_result "$status" "$name"
	[ "$status" -eq 0 ] || printf '%s\nended with status %d: %s\n' "$output" "$status" "$*" |
		sed 's/^/# /' | tail -n 20
}

# same NAME WANTED GOT: ok when both are equal
same()
{
	if [ "$2" = "$3" ]; then
		ktap_result 0 "$1"
	else
		ktap_result 1 "$1"
		printf 'wanted: %s\ngot:    %s\n' "$2" "$3" | sed 's/^/# /' | head -n 20
	fi
}

# within NAME SECONDS COMMAND...: ok once the command succeeds
within()
{
	local name=$1 end=$((SECONDS + $2))

	shift 2
	until "$@" >/dev/null 2>&1; do
		if [ "$SECONDS" -gt "$end" ]; then
			check "$name" "$@"
			return
		fi
		sleep 0.2
	done
	ktap_result 0 "$name"
}

# comes NAME WANTED COMMAND...: ok once the command prints that; a minute is enough for any guest
comes()
{
	local name=$1 wanted=$2 end=$((SECONDS + 60))

	shift 2
	until [ "$("$@" 2>/dev/null)" = "$wanted" ] || [ "$SECONDS" -gt "$end" ]; do
		sleep 0.2
	done
	same "$name" "$wanted" "$("$@" 2>&1)"
}

# ktap_end: the plan, and an exit status that tells the same
ktap_end()
{
	echo "1..$KTAP_NUMBER"
	[ "$KTAP_FAILED" -eq 0 ]
	exit
}
