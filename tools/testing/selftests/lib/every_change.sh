# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For scenarios of pci_rebalance, after ktap.sh: let each change of a move fail, and see that nothing
# differs afterwards. The scenario has guest().

REBALANCE=/sys/kernel/pci_rebalance
FAIL_AT=/sys/module/pci_rebalance/parameters/fail_at

# every_change NAME STATE MOVE: MOVE once for each of its changes, which fails, and once more, when it
# succeeds. STATE prints all that may not differ after a failure; both are functions of the scenario.
every_change()
{
	local name=$1 state=$2 move=$3 number=0 bad=0

	"$state" >state.before
	while [ $((number += 1)) -lt 300 ]; do
		guest "echo $number >$FAIL_AT"
		"$move" >move.log 2>&1 && break
		"$state" >state.now
		if ! guest "grep -q 'undone after $((number - 1)) changes' $REBALANCE/result" &&
			[ $number -gt 1 ]; then
			bad=1
			echo "# change $number: $(guest "cat $REBALANCE/result") $(cat move.log)"
			break
		fi
		if ! diff state.before state.now >state.diff; then
			bad=1
			echo "# change $number failed and was not undone:"
			head -n 20 state.diff | sed 's/^/# /'
			break
		fi
	done
	guest "echo 0 >$FAIL_AT"
	ktap_result $bad "$name: every change failed once and was undone"
	check "$name: there were $((number - 1)) of them, then it succeeded" \
		test $bad -eq 0 -a $number -gt 4 -a $number -lt 300
}
