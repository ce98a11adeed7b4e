/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slots for functions whose configuration names none.
 */
#ifndef PVPCID_SLOTS_H
#define PVPCID_SLOTS_H

#include <jansson.h>
#include <stddef.h>

struct bus;
struct error;

/**
 * slots_choose - give each of some functions a "slot" that has none
 * @bus: what is on it keeps its own
 * @functions: array of configurations, in whose order the lowest free devices are given,
 *	function 0 of each; what one of them names is not free. Others than objects are left.
 * @index: of the one that gets none
 * @err: why
 *
 * Return: 0, or -1.
 */
int slots_choose(const struct bus *bus, json_t *functions, size_t *index, struct error *err);

#endif /* PVPCID_SLOTS_H */
