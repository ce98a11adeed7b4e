// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/bus/pci/slots/N/pciehp_pv: delays, state and counters of one slot. See
 * Documentation/ABI/testing/sysfs-bus-pci-slots-pciehp_pv.
 */
#include <linux/device.h>
#include <linux/kobject.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "pciehp_pv.h"

struct hpv_attribute {
	struct attribute attr;
	ssize_t (*show)(struct hpv_slot *slot, int index, char *buffer);
	ssize_t (*store)(struct hpv_slot *slot, int index, const char *text,
			 size_t count);
	int index;
};

#define to_slot(k)	container_of(k, struct hpv_slot, kobj)
#define to_attribute(a)	container_of(a, struct hpv_attribute, attr)

static ssize_t hpv_show(struct kobject *kobj, struct attribute *attr, char *buffer)
{
	struct hpv_attribute *a = to_attribute(attr);

	return a->show(to_slot(kobj), a->index, buffer);
}

static ssize_t hpv_store(struct kobject *kobj, struct attribute *attr,
			 const char *text, size_t count)
{
	struct hpv_attribute *a = to_attribute(attr);

	return a->store ? a->store(to_slot(kobj), a->index, text, count) : -EIO;
}

static ssize_t delay_show(struct hpv_slot *slot, int index, char *buffer)
{
	return sysfs_emit(buffer, "%u\n", hpv_delay_ms(slot, index));
}

/* "default" gives the slot back to the module's parameter. */
static ssize_t delay_store(struct hpv_slot *slot, int index, const char *text,
			   size_t count)
{
	char what[64];
	unsigned int ms;

	if (sysfs_streq(text, "default")) {
		WRITE_ONCE(slot->override_ms[index], -1);
		return count;
	}
	snprintf(what, sizeof(what), "%s: slot %s", pci_name(slot->port),
		 hpv_name(slot));
	if (hpv_delay_parse(what, index, text, &ms))
		return -EINVAL;
	if (hpv_delay_fixed(slot, index) && ms != hpv_delay_ms(slot, index)) {
		pci_err(slot->port, "pciehp_pv: slot %s: %s stays %u %s\n", hpv_name(slot),
			hpv_delay_name(index), hpv_delay_ms(slot, index),
			slot->shpc ? "behind a Standard Hot-Plug Controller" :
				     "on a port that is not virtual");
		return -EINVAL;
	}
	WRITE_ONCE(slot->override_ms[index], ms);
	/* A wait that is already running keeps its length. */
	return count;
}

static ssize_t state_show(struct hpv_slot *slot, int index, char *buffer)
{
	return sysfs_emit(buffer, "%s\n",
			  hpv_state_name(READ_ONCE(slot->machine.state)));
}

static ssize_t virtual_show(struct hpv_slot *slot, int index, char *buffer)
{
	return sysfs_emit(buffer, "%d\n", slot->virtual_slot);
}

static ssize_t counter_show(struct hpv_slot *slot, int index, char *buffer)
{
	return sysfs_emit(buffer, "%lld\n",
			  (long long)atomic64_read(&slot->counters[index]));
}

#define HPV_ATTR(_name, _mode, _show, _store, _index)			\
	static struct hpv_attribute attr_##_name = {			\
		.attr = { .name = #_name, .mode = _mode },		\
		.show = _show,						\
		.store = _store,					\
		.index = _index,					\
	}
#define HPV_COUNTER(_name, _index) \
	HPV_ATTR(_name, 0444, counter_show, NULL, _index)

HPV_ATTR(slot_delay_ms, 0644, delay_show, delay_store, HPV_DELAY_SLOT);
HPV_ATTR(power_off_delay_ms, 0644, delay_show, delay_store, HPV_DELAY_POWER_OFF);
HPV_ATTR(link_delay_ms, 0644, delay_show, delay_store, HPV_DELAY_LINK);
HPV_ATTR(state, 0444, state_show, NULL, 0);
HPV_ATTR(virtual, 0444, virtual_show, NULL, 0);
HPV_COUNTER(presses, HPV_N_PRESSES);
HPV_COUNTER(presses_cancelled, HPV_N_CANCELLED);
HPV_COUNTER(presses_ignored, HPV_N_IGNORED);
HPV_COUNTER(adds, HPV_N_ADDS);
HPV_COUNTER(adds_aborted, HPV_N_ABORTED);
HPV_COUNTER(adds_failed, HPV_N_ADD_FAILURES);
HPV_COUNTER(removes, HPV_N_REMOVES);
HPV_COUNTER(surprise_removes, HPV_N_SURPRISES);
HPV_COUNTER(flaps, HPV_N_FLAPS);
HPV_COUNTER(power_faults, HPV_N_FAULTS);
HPV_COUNTER(resets, HPV_N_RESETS);
HPV_COUNTER(unexpected_events, HPV_N_UNEXPECTED);
HPV_COUNTER(saved_ms, HPV_N_SAVED_MS);
HPV_COUNTER(last_add_us, HPV_N_LAST_ADD_US);
HPV_COUNTER(last_remove_us, HPV_N_LAST_REMOVE_US);

static struct attribute *hpv_attrs[] = {
	&attr_slot_delay_ms.attr,
	&attr_power_off_delay_ms.attr,
	&attr_link_delay_ms.attr,
	&attr_state.attr,
	&attr_virtual.attr,
	&attr_presses.attr,
	&attr_presses_cancelled.attr,
	&attr_presses_ignored.attr,
	&attr_adds.attr,
	&attr_adds_aborted.attr,
	&attr_adds_failed.attr,
	&attr_removes.attr,
	&attr_surprise_removes.attr,
	&attr_flaps.attr,
	&attr_power_faults.attr,
	&attr_resets.attr,
	&attr_unexpected_events.attr,
	&attr_saved_ms.attr,
	&attr_last_add_us.attr,
	&attr_last_remove_us.attr,
	NULL,
};
ATTRIBUTE_GROUPS(hpv);

static const struct sysfs_ops hpv_sysfs_ops = {
	.show = hpv_show,
	.store = hpv_store,
};

static void hpv_release(struct kobject *kobj)
{
	struct hpv_slot *slot = to_slot(kobj);

	put_device(&slot->bus->dev);
	pci_dev_put(slot->port);
	kfree(slot);
}

const struct kobj_type hpv_slot_ktype = {
	.release = hpv_release,
	.sysfs_ops = &hpv_sysfs_ops,
	.default_groups = hpv_groups,
};

/**
 * hpv_sysfs_add - show a slot's directory
 * @slot: the slot, known to the hotplug core
 *
 * Return: 0 or a negative errno.
 */
int hpv_sysfs_add(struct hpv_slot *slot)
{
	return kobject_add(&slot->kobj, &slot->hotplug.pci_slot->kobj, "pciehp_pv");
}

/**
 * hpv_sysfs_remove - take it away again; nobody is in it afterwards
 * @slot: the slot
 */
void hpv_sysfs_remove(struct hpv_slot *slot)
{
	kobject_del(&slot->kobj);
}
