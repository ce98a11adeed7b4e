// SPDX-License-Identifier: GPL-2.0
/*
 * Host end of the protocol: what its numbers are called.
 */
#include <string.h>

#include "host.h"

static const struct {
	uint32_t version;
	const char *name;
} versions[] = {
	{ PVPCI_VERSION_1_0, "1.0" },
	{ PVPCI_VERSION_1_1, "1.1" },
};

#define NR_VERSIONS	(sizeof(versions) / sizeof(versions[0]))

static const char * const status_names[] = {
	[PVPCI_STATUS_OK] = "OK",
	[PVPCI_STATUS_UNKNOWN] = "UNKNOWN",
	[PVPCI_STATUS_LENGTH] = "LENGTH",
	[PVPCI_STATUS_VERSION] = "VERSION",
	[PVPCI_STATUS_STATE] = "STATE",
	[PVPCI_STATUS_FUNCTION] = "FUNCTION",
	[PVPCI_STATUS_RANGE] = "RANGE",
	[PVPCI_STATUS_OVERLAP] = "OVERLAP",
	[PVPCI_STATUS_NO_MEMORY] = "NO_MEMORY",
	[PVPCI_STATUS_IO] = "IO",
	[PVPCI_STATUS_STALE] = "STALE",
};

_Static_assert(sizeof(status_names) / sizeof(status_names[0]) == PVPCI_STATUS_COUNT,
	       "a name for each status");

static const char * const reason_names[] = {
	[PVPCI_REASON_ENABLE] = "enable",
	[PVPCI_REASON_REMOVE] = "remove",
	[PVPCI_REASON_RESET] = "reset",
	[PVPCI_REASON_POWER] = "power",
	[PVPCI_REASON_MOVE] = "move",
	[PVPCI_REASON_SIZING] = "sizing",
	[PVPCI_REASON_USER] = "user",
};

_Static_assert(sizeof(reason_names) / sizeof(reason_names[0]) == PVPCI_REASON_COUNT,
	       "a name for each reason");

static const char * const outcome_names[] = {
	[PVPCI_OUTCOME_NO_DRIVER] = "no-driver",
	[PVPCI_OUTCOME_BOUND] = "bound",
	[PVPCI_OUTCOME_FAILED] = "failed",
	[PVPCI_OUTCOME_NO_ROOM] = "no-room",
	[PVPCI_OUTCOME_OFF] = "off",
};

_Static_assert(sizeof(outcome_names) / sizeof(outcome_names[0]) == PVPCI_OUTCOME_COUNT,
	       "a name for each outcome");

const char *pvpci_outcome_name(uint32_t outcome)
{
	return outcome < PVPCI_OUTCOME_COUNT ? outcome_names[outcome] : "?";
}

const char *pvpci_status_name(uint32_t status)
{
	return status < PVPCI_STATUS_COUNT ? status_names[status] : "?";
}

const char *pvpci_reason_name(uint32_t reason)
{
	return reason < PVPCI_REASON_COUNT ? reason_names[reason] : "?";
}

const char *pvpci_version_name(uint32_t version)
{
	unsigned int i;

	for (i = 0; i < NR_VERSIONS; i++)
		if (versions[i].version == version)
			return versions[i].name;
	return "?";
}

uint32_t pvpci_version_parse(const char *name)
{
	unsigned int i;

	for (i = 0; i < NR_VERSIONS; i++)
		if (!strcmp(versions[i].name, name))
			return versions[i].version;
	return 0;
}
