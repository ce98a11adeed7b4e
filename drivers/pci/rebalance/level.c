// SPDX-License-Identifier: GPL-2.0
/*
 * level.c - what may be moved, in words
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "level.h"

static const char * const names[] = {
	[REBALANCE_OFF] = "off", [REBALANCE_IDLE] = "idle",
	[REBALANCE_COOPERATIVE] = "cooperative", [REBALANCE_REBIND] = "rebind",
	[REBALANCE_ONLINE] = "online",
};

static_assert(ARRAY_SIZE(names) == REBALANCE_LEVELS);

/**
 * level_parse - read the name of a level
 * @word: off, idle, cooperative, rebind or online, in any case, perhaps with a newline
 *
 * Return: enum rebalance_level or -EINVAL.
 */
int level_parse(const char *word)
{
	size_t length = strcspn(word, "\n");
	int level;

	for (level = 0; level < REBALANCE_LEVELS; level++)
		if (strlen(names[level]) == length && !strncasecmp(word, names[level], length))
			return level;
	return -EINVAL;
}

/**
 * level_name - the name of a level
 * @level: level
 *
 * Return: a word.
 */
const char *level_name(enum rebalance_level level)
{
	return names[level];
}
