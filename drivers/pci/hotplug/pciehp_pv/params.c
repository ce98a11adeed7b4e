// SPDX-License-Identifier: GPL-2.0
/*
 * The delays: their ranges, the module's parameters and what holds for a slot.
 */
#define pr_fmt(fmt) "pciehp_pv: " fmt

#include <linux/moduleparam.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "pciehp_pv.h"

struct hpv_delay_kind {
	const char *name;
	unsigned int spec_ms;	/* also the largest value */
};

static const struct hpv_delay_kind kinds[HPV_DELAYS] = {
	[HPV_DELAY_SLOT]	= { "slot_delay_ms", HPV_SPEC_SLOT_MS },
	[HPV_DELAY_POWER_OFF]	= { "power_off_delay_ms", HPV_SPEC_POWER_OFF_MS },
	[HPV_DELAY_LINK]	= { "link_delay_ms", HPV_SPEC_LINK_MS },
};

static unsigned int module_ms[HPV_DELAYS];

/**
 * hpv_delay_name - a delay as parameters and sysfs spell it
 * @delay: which
 */
const char *hpv_delay_name(enum hpv_delay delay)
{
	return kinds[delay].name;
}

/**
 * hpv_delay_parse - read a delay that somebody wrote
 * @what: whose delay, for the message
 * @delay: which
 * @text: what was written
 * @value: unchanged unless the result is 0
 *
 * Return: 0, or -EINVAL after a message that names the parameter and its range.
 */
int hpv_delay_parse(const char *what, enum hpv_delay delay, const char *text,
		    unsigned int *value)
{
	unsigned int ms;

	if (kstrtouint(text, 10, &ms) || ms > kinds[delay].spec_ms) {
		pr_err("%s: %s must be a number from 0 to %u milliseconds, not '%.*s'\n",
		       what, kinds[delay].name, kinds[delay].spec_ms,
		       (int)strcspn(text, "\n"), text);
		return -EINVAL;
	}
	*value = ms;
	return 0;
}

/**
 * hpv_delay_fixed - can a delay of a slot not be set?
 * @slot: the slot
 * @delay: which
 *
 * A Standard Hot-Plug Controller switches power and indicator off in one command;
 * QEMU takes nothing else for the end of an ejection.
 */
bool hpv_delay_fixed(struct hpv_slot *slot, enum hpv_delay delay)
{
	return !slot->virtual_slot || (slot->shpc && delay == HPV_DELAY_POWER_OFF);
}

/**
 * hpv_delay_ms - the delay that holds for a slot now
 * @slot: the slot
 * @delay: which
 *
 * Return: what sysfs set for the slot, else what the module's parameter says;
 * where it is fixed the specification's value, and 0 for what has none.
 */
u32 hpv_delay_ms(struct hpv_slot *slot, enum hpv_delay delay)
{
	int override = READ_ONCE(slot->override_ms[delay]);

	if (hpv_delay_fixed(slot, delay))
		return slot->shpc ? 0 : kinds[delay].spec_ms;
	return override >= 0 ? override : READ_ONCE(module_ms[delay]);
}

/**
 * hpv_params - what the state machine must know of a slot
 * @slot: the slot
 * @params: filled in
 */
void hpv_params(struct hpv_slot *slot, struct hpv_params *params)
{
	params->slot_delay_ms = hpv_delay_ms(slot, HPV_DELAY_SLOT);
	params->power_off_delay_ms = hpv_delay_ms(slot, HPV_DELAY_POWER_OFF);
	params->link_delay_ms = hpv_delay_ms(slot, HPV_DELAY_LINK);
	/* r6.0 6.6.1: without link reporting the link itself takes up to 1 s. */
	if (!slot->virtual_slot && !slot->link_reporting)
		params->link_delay_ms += HPV_LINK_LIMIT_MS;
	params->power_ctrl = slot->power_ctrl;
	params->virtual_slot = slot->virtual_slot;
}

static int set_delay(const char *text, const struct kernel_param *kp)
{
	unsigned int *value = kp->arg;

	return hpv_delay_parse("module parameter", value - module_ms, text, value);
}

static int get_delay(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%u\n", READ_ONCE(*(unsigned int *)kp->arg));
}

static const struct kernel_param_ops delay_ops = {
	.set = set_delay,
	.get = get_delay,
};

module_param_cb(slot_delay_ms, &delay_ops, &module_ms[HPV_DELAY_SLOT], 0644);
MODULE_PARM_DESC(slot_delay_ms,
		 "Time in which a second button press cancels the first, 0 to 5000 (default 0: act at once)");
module_param_cb(power_off_delay_ms, &delay_ops, &module_ms[HPV_DELAY_POWER_OFF], 0644);
MODULE_PARM_DESC(power_off_delay_ms,
		 "Time from power off to power indicator off, 0 to 1000 (default 0)");
module_param_cb(link_delay_ms, &delay_ops, &module_ms[HPV_DELAY_LINK], 0644);
MODULE_PARM_DESC(link_delay_ms,
		 "Time from link up to the first config request, 0 to 100 (default 0)");
