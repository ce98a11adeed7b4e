# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Words of pvpcictl and pvpcid. Options and commands are read from --help, so that this
# file need not be told of new ones.

_pvpci_options()
{
	"$@" --help 2>/dev/null | grep -oE '(^|[ ,])--?[a-z?][a-z-]*=?' | tr -d ' ,' | sort -u
}

_pvpci_commands()
{
	"$1" --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# Slots, labels and serial numbers of the bus whose control socket is on the line, or in the environment.
_pvpci_slots()
{
	local i control=${PVPCI_CONTROL-}

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--control) control=${COMP_WORDS[i + 2]-} ;;
		-C) control=${COMP_WORDS[i + 1]-} ;;
		esac
	done
	[[ -n $control ]] || return
	timeout 2 pvpcictl --control "$control" --json list 2>/dev/null |
		grep -oE '"(slot|label|serial)": *"[^" ]+"' | sed 's/.*: *"\(.*\)"/\1/'
}

_pvpcictl()
{
	local current=${COMP_WORDS[COMP_CWORD]} word command=

	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		# shellcheck disable=SC2076 # a word, not an expression
		[[ " $(_pvpci_commands pvpcictl | xargs) " =~ " $word " ]] && command=$word && break
	done
	case ${COMP_WORDS[COMP_CWORD - 1]}/$current in
	-C/* | --control/* | =/* | */=)
		mapfile -t COMPREPLY < <(compgen -f -- "${current#=}") ;;
	*/-*)
		mapfile -t COMPREPLY < <(compgen -W \
			"$(_pvpci_options pvpcictl ${command:+"$command"})" -- "$current") ;;
	*)
		case $command in
		'') mapfile -t COMPREPLY < <(compgen -W "$(_pvpci_commands pvpcictl)" -- "$current") ;;
		eject | show | resume)
			mapfile -t COMPREPLY < <(compgen -W "$(_pvpci_slots)" -- "$current") ;;
		namespace)
			mapfile -t COMPREPLY < <(compgen -W "add remove resize $(_pvpci_slots)" -- "$current"
				compgen -f -- "$current") ;;
		*) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
		esac ;;
	esac
}

_pvpcid()
{
	local current=${COMP_WORDS[COMP_CWORD]}

	case $current in
	-*) mapfile -t COMPREPLY < <(compgen -W "$(_pvpci_options pvpcid)" -- "$current") ;;
	*) mapfile -t COMPREPLY < <(compgen -f -- "${current#=}") ;;
	esac
}

complete -o nosort -F _pvpcictl pvpcictl
complete -o nosort -F _pvpcid pvpcid
