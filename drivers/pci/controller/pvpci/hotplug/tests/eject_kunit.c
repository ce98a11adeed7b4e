// SPDX-License-Identifier: GPL-2.0
/*
 * Ejects, drivers that are asked, slots that users switch off, and what is told of
 * functions that no driver has taken.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/pci.h>
#include <linux/pci_hotplug.h>
#include <linux/workqueue.h>

#include "bus/probe.h"
#include "function/config.h"
#include "function/eject_veto.h"
#include "function/function.h"
#include "function/memory_enable.h"
#include "hotplug/eject.h"
#include "hotplug/hotplug.h"
#include "hotplug/slot.h"
#include "wire/tests/fake_host.h"

#define ROW	2
#define DEVFN	PCI_DEVFN(3, 0)

/* A bus with one function that PCI core does not know. */
struct fixture {
	struct fake_host *host;
	struct pvpci_bus *bus;
	struct pci_host_bridge *bridge;
	struct pci_bus pci_bus;
	struct pci_dev pdev;		/* for calls of a driver */
	u16 heard[32];			/* types of requests */
	unsigned int nr_heard;
	char why[96];			/* the last reason */
	unsigned int asked;		/* times that the driver was */
	int answer;			/* what it says */
	bool slow;			/* it waits for "go" */
	bool told_no_more;
	struct completion entered;	/* it is being asked */
	struct completion go;		/* it may answer */
	struct work_struct ask;
	struct work_struct forget;
};

static const struct pvpci_function_info an_info = {
	.flags = PVPCI_FN_PRESENT | PVPCI_FN_HOTPLUG,
	.instance = 9,
	.devfn = DEVFN,
	.slot = 77,
	.bar = { [0] = { .bytes = SZ_64K } },
};

static struct fixture *the;	/* the fake host's callback knows only the host */

static bool listen(struct fake_host *host, union fake_message *message)
{
	u16 type = le16_to_cpu(message->msg.type);

	if (the->nr_heard < ARRAY_SIZE(the->heard))
		the->heard[the->nr_heard++] = type;
	if (type == PVPCI_MSG_EJECT_WHY)
		memcpy(the->why, ((struct pvpci_msg_why *)message)->why, sizeof(the->why));
	return true;
}

static void publish(struct kunit *test, struct fixture *f, u32 row,
		    const struct pvpci_function_info *info)
{
	fake_function_live(test, f->bus, row, info);
}

/* run() does what the bus's worker would, which is quicker now and then: it rests. */
static void rest(struct work_struct *work)
{
	pvpci_bus_put(container_of(work, struct pvpci_bus, work.changes));
}

static void rest_later(struct work_struct *work)
{
	pvpci_bus_put(container_of(to_delayed_work(work), struct pvpci_bus, work.changes_later));
}

static struct fixture *fixture(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	the = f;
	f->host = fake_host_create(test);
	f->host->serve = listen;
	f->bus = fake_bus_create(test, f->host);
	f->bus->wire.features = PVPCI_F_OUTCOME | PVPCI_F_EJECT_WHY;
	INIT_WORK(&f->bus->work.changes, rest);
	INIT_DELAYED_WORK(&f->bus->work.changes_later, rest_later);
	f->bus->removing = false;
	f->bridge = pci_alloc_host_bridge(sizeof(struct pvpci_bus *));
	KUNIT_ASSERT_NOT_NULL(test, f->bridge);
	*(struct pvpci_bus **)pci_host_bridge_priv(f->bridge) = f->bus;
	f->bridge->bus = &f->pci_bus;
	f->bus->bridge = f->bridge;
	f->pci_bus.ops = &pvpci_config_ops;
	f->pci_bus.bridge = &f->bridge->dev;
	INIT_LIST_HEAD(&f->pci_bus.devices);
	INIT_LIST_HEAD(&f->pci_bus.children);
	INIT_LIST_HEAD(&f->pci_bus.slots);
	device_initialize(&f->pci_bus.dev);
	f->pdev.bus = &f->pci_bus;
	f->pdev.devfn = DEVFN;
	init_completion(&f->entered);
	init_completion(&f->go);
	publish(test, f, ROW, &an_info);
	return f;
}

static void done(struct fixture *f)
{
	WRITE_ONCE(f->bus->removing, true);
	pvpci_work_pause(f->bus);
	fake_functions_unpublish(f->bus);
	f->bus->bridge = NULL;
	pci_free_host_bridge(f->bridge);
	pvpci_bus_put(f->bus);
}

static void wish(struct fixture *f, u32 row, u32 instance)
{
	struct pvpci_msg_function msg = {
		.row = cpu_to_le32(row),
		.instance = cpu_to_le32(instance),
	};

	pvpci_eject_event(f->bus, &msg);
}

static void run(struct fixture *f)
{
	f->nr_heard = 0;
	mutex_lock(&f->bus->topology);
	pvpci_eject_run(f->bus);
	mutex_unlock(&f->bus->topology);
}

static void expect_heard(struct kunit *test, struct fixture *f, u16 first, u16 last, int result)
{
	KUNIT_ASSERT_GE(test, f->nr_heard, 1U);
	KUNIT_EXPECT_EQ(test, f->heard[0], first);
	KUNIT_EXPECT_EQ(test, f->heard[f->nr_heard - 1], last);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(f->host->last.function.result), (u32)-result);
}

static void eject_granted(struct kunit *test)
{
	struct fixture *f = fixture(test);

	pvpci_command_write(f->bus->by_row[ROW], 2, 2, PVPCI_REASON_ENABLE, true);
	wish(f, ROW, 9);
	run(f);
	expect_heard(test, f, PVPCI_MSG_COMMIT, PVPCI_MSG_EJECT_COMPLETE, 0);
	KUNIT_EXPECT_EQ_MSG(test, f->nr_heard, 3U, "detached, released, ejected");
	KUNIT_EXPECT_NULL(test, f->bus->by_row[ROW]);
	KUNIT_EXPECT_NULL(test, pvpci_function_get(f->bus, DEVFN));
	KUNIT_EXPECT_EQ(test, f->bus->hotplug->eject[ROW].instance, 0U);
	run(f);
	KUNIT_EXPECT_EQ_MSG(test, f->nr_heard, 0U, "once");
	/* Gone already, and never heard of. */
	wish(f, ROW, 9);
	run(f);
	expect_heard(test, f, PVPCI_MSG_EJECT_COMPLETE, PVPCI_MSG_EJECT_COMPLETE, 0);
	wish(f, ROW, 10);
	run(f);
	expect_heard(test, f, PVPCI_MSG_EJECT_COMPLETE, PVPCI_MSG_EJECT_COMPLETE, -ENODEV);
	wish(f, 8, 9);
	run(f);
	KUNIT_EXPECT_EQ_MSG(test, f->nr_heard, 0U, "there is no such row");
	done(f);
}

static void eject_not_hotplug(struct kunit *test)
{
	struct pvpci_function_info info = an_info;
	struct fixture *f = fixture(test);

	info.flags &= ~PVPCI_FN_HOTPLUG;
	info.devfn++;
	publish(test, f, ROW + 1, &info);
	wish(f, ROW + 1, 9);
	run(f);
	expect_heard(test, f, PVPCI_MSG_EJECT_WHY, PVPCI_MSG_EJECT_COMPLETE, -EPERM);
	KUNIT_EXPECT_STREQ(test, f->why, "it is not hot-pluggable");
	f->bus->wire.features = 0;
	wish(f, ROW + 1, 9);
	run(f);
	expect_heard(test, f, PVPCI_MSG_EJECT_COMPLETE, PVPCI_MSG_EJECT_COMPLETE, -EPERM);
	KUNIT_EXPECT_NOT_NULL(test, f->bus->by_row[ROW + 1]);
	done(f);
}

static int asked(void *context, char *why, size_t bytes)
{
	struct fixture *f = context;

	f->asked++;
	if (f->slow) {
		complete(&f->entered);
		wait_for_completion(&f->go);
	}
	if (f->answer)
		snprintf(why, bytes, "the tape turns");
	return f->answer;
}

static void eject_veto(struct kunit *test)
{
	struct fixture *f = fixture(test);

	f->answer = -EROFS;
	KUNIT_EXPECT_EQ(test, pvpci_register_eject_veto(&f->pdev, asked, f), 0);
	KUNIT_EXPECT_EQ(test, pvpci_register_eject_veto(&f->pdev, asked, f), -EBUSY);
	wish(f, ROW, 9);
	run(f);
	expect_heard(test, f, PVPCI_MSG_EJECT_WHY, PVPCI_MSG_EJECT_COMPLETE, -EROFS);
	KUNIT_EXPECT_STREQ(test, f->why, "the tape turns");
	KUNIT_EXPECT_EQ(test, f->asked, 1U);
	/* No errno: some other refusal. */
	f->answer = 1;
	wish(f, ROW, 9);
	run(f);
	expect_heard(test, f, PVPCI_MSG_EJECT_WHY, PVPCI_MSG_EJECT_COMPLETE, -EPERM);
	pvpci_unregister_eject_veto(&f->pdev);
	wish(f, ROW, 9);
	run(f);
	expect_heard(test, f, PVPCI_MSG_RESOURCES_RELEASED, PVPCI_MSG_EJECT_COMPLETE, 0);
	KUNIT_EXPECT_EQ(test, f->asked, 2U);
	KUNIT_EXPECT_EQ(test, pvpci_register_eject_veto(&f->pdev, asked, f), -ENODEV);
	done(f);
}

/* What may be over in a moment is not refused at once. */
static void eject_patience(struct kunit *test)
{
	struct fixture *f = fixture(test);

	f->answer = -EBUSY;
	pvpci_register_eject_veto(&f->pdev, asked, f);
	wish(f, ROW, 9);
	run(f);
	KUNIT_EXPECT_EQ(test, f->nr_heard, 0U);
	KUNIT_EXPECT_EQ(test, f->bus->hotplug->eject[ROW].instance, 9U);
	pvpci_work_pause(f->bus);
	f->bus->hotplug->eject[ROW].busy_since = (jiffies - 10 * HZ) ?: 1;
	run(f);
	expect_heard(test, f, PVPCI_MSG_EJECT_WHY, PVPCI_MSG_EJECT_COMPLETE, -EBUSY);
	KUNIT_EXPECT_EQ(test, f->bus->hotplug->eject[ROW].busy_since, 0UL);
	KUNIT_EXPECT_EQ(test, f->asked, 2U);
	done(f);
}

/* One function of a device that is wanted as a whole speaks for all. */
static void eject_device(struct kunit *test)
{
	struct pvpci_msg_function msg = {
		.row = cpu_to_le32(ROW + 1),
		.instance = cpu_to_le32(9),
		.flags = cpu_to_le32(PVPCI_EJECT_DEVICE),
	};
	struct pvpci_function_info info = an_info;
	struct fixture *f = fixture(test);

	f->answer = -EROFS;
	pvpci_register_eject_veto(&f->pdev, asked, f);
	info.devfn++;
	publish(test, f, ROW + 1, &info);
	pvpci_eject_event(f->bus, &msg);
	run(f);
	expect_heard(test, f, PVPCI_MSG_EJECT_WHY, PVPCI_MSG_EJECT_COMPLETE, -EROFS);
	KUNIT_EXPECT_NOT_NULL(test, f->bus->by_row[ROW + 1]);
	msg.flags = 0;
	pvpci_eject_event(f->bus, &msg);
	run(f);
	KUNIT_EXPECT_NULL(test, f->bus->by_row[ROW + 1]);
	KUNIT_EXPECT_NOT_NULL(test, f->bus->by_row[ROW]);
	done(f);
}

static void ask_work(struct work_struct *work)
{
	struct fixture *f = container_of(work, struct fixture, ask);
	char why[PVPCI_WHY_BYTES];

	pvpci_eject_veto_ask(f->bus->by_row[ROW], why);
}

static void forget_work(struct work_struct *work)
{
	struct fixture *f = container_of(work, struct fixture, forget);

	pvpci_unregister_eject_veto(&f->pdev);
	WRITE_ONCE(f->told_no_more, true);
}

/* Who unregisters while being asked waits for the answer, and is not asked again. */
static void veto_unregister(struct kunit *test)
{
	struct fixture *f = fixture(test);
	char why[PVPCI_WHY_BYTES];

	f->slow = true;
	pvpci_register_eject_veto(&f->pdev, asked, f);
	INIT_WORK(&f->ask, ask_work);
	INIT_WORK(&f->forget, forget_work);
	queue_work(system_unbound_wq, &f->ask);
	wait_for_completion(&f->entered);
	queue_work(system_unbound_wq, &f->forget);
	msleep(50);
	KUNIT_EXPECT_FALSE(test, READ_ONCE(f->told_no_more));
	complete(&f->go);
	flush_work(&f->ask);
	flush_work(&f->forget);
	KUNIT_EXPECT_TRUE(test, READ_ONCE(f->told_no_more));
	KUNIT_EXPECT_EQ(test, pvpci_eject_veto_ask(f->bus->by_row[ROW], why), 0);
	KUNIT_EXPECT_EQ(test, f->asked, 1U);
	done(f);
}

static const struct hotplug_slot *the_slot(struct kunit *test, struct fixture *f)
{
	struct pci_slot *slot;

	KUNIT_ASSERT_FALSE(test, list_empty(&f->pci_bus.slots));
	slot = list_first_entry(&f->pci_bus.slots, struct pci_slot, list);
	KUNIT_ASSERT_NOT_NULL(test, slot->hotplug);
	return slot->hotplug;
}

static void slots_update(struct fixture *f, const struct pvpci_function_info *info)
{
	mutex_lock(&f->bus->topology);
	pvpci_slots_update(f->bus, info);
	mutex_unlock(&f->bus->topology);
}

/* The bus's worker, without PCI core's rescan lock: 6.1 runs tests before a module's init. */
static void slots_work(struct work_struct *work)
{
	struct pvpci_bus *bus = container_of(work, struct pvpci_bus, work.changes);

	mutex_lock(&bus->topology);
	pvpci_slots_run(bus);
	pvpci_slots_answer(bus);
	mutex_unlock(&bus->topology);
	pvpci_bus_put(bus);
}

/* The user switches a slot off through the worker; then the host takes the function away. */
static void slot_power(struct kunit *test)
{
	struct fixture *f = fixture(test);
	struct pvpci_function_info *info;
	const struct hotplug_slot *slot;
	unsigned int tries;
	u8 power;

	info = kunit_kcalloc(test, 8, sizeof(*info), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, info);
	INIT_WORK(&f->bus->work.changes, slots_work);
	slots_update(f, NULL);
	slot = the_slot(test, f);
	KUNIT_EXPECT_STREQ(test, hotplug_slot_name(slot), "77");
	slot->ops->get_power_status((struct hotplug_slot *)slot, &power);
	KUNIT_EXPECT_EQ(test, power, 1);
	f->answer = -EROFS;
	pvpci_register_eject_veto(&f->pdev, asked, f);
	KUNIT_EXPECT_EQ(test, slot->ops->disable_slot((struct hotplug_slot *)slot), -EROFS);
	KUNIT_EXPECT_NOT_NULL(test, f->bus->by_row[ROW]);
	f->answer = 0;
	f->nr_heard = 0;
	KUNIT_EXPECT_EQ(test, slot->ops->disable_slot((struct hotplug_slot *)slot), 0);
	expect_heard(test, f, PVPCI_MSG_RESOURCES_RELEASED, PVPCI_MSG_OUTCOME, -PVPCI_OUTCOME_OFF);
	KUNIT_EXPECT_NULL(test, f->bus->by_row[ROW]);
	KUNIT_EXPECT_EQ(test, f->bus->hotplug->refused[ROW], 9U);
	slot->ops->get_power_status((struct hotplug_slot *)slot, &power);
	KUNIT_EXPECT_EQ(test, power, 0);
	/* Off already. */
	KUNIT_EXPECT_EQ(test, slot->ops->disable_slot((struct hotplug_slot *)slot), 0);
	/* The host has it still, and then no more. */
	info[ROW] = an_info;
	slots_update(f, info);
	KUNIT_EXPECT_NOT_NULL(test, f->bus->hotplug->slot[PCI_SLOT(DEVFN)]);
	info[ROW].instance = 0;
	slots_update(f, info);
	KUNIT_EXPECT_NULL(test, f->bus->hotplug->slot[PCI_SLOT(DEVFN)]);
	/* Debug kernels give kobjects back later, and this one points to the fixture. */
	for (tries = 0; tries < 600 && !list_empty(&f->pci_bus.slots); tries++)
		msleep(50);
	KUNIT_EXPECT_TRUE(test, list_empty(&f->pci_bus.slots));
	done(f);
}

static void bind_none(struct kunit *test)
{
	struct fixture *f = fixture(test);

	mutex_lock(&f->bus->topology);
	pvpci_probe_new(f->bus);
	expect_heard(test, f, PVPCI_MSG_OUTCOME, PVPCI_MSG_OUTCOME, -PVPCI_OUTCOME_NO_DRIVER);
	KUNIT_EXPECT_EQ(test, f->nr_heard, 1U);
	pvpci_probe_new(f->bus);
	KUNIT_EXPECT_EQ_MSG(test, f->nr_heard, 1U, "once");
	mutex_unlock(&f->bus->topology);
	done(f);
}

static struct kunit_case eject_cases[] = {
	KUNIT_CASE(eject_granted),
	KUNIT_CASE(eject_not_hotplug),
	KUNIT_CASE(eject_veto),
	KUNIT_CASE(eject_patience),
	KUNIT_CASE(eject_device),
	KUNIT_CASE(veto_unregister),
	KUNIT_CASE(slot_power),
	KUNIT_CASE(bind_none),
	{ }
};

static struct kunit_suite eject_suite = {
	.name = "pvpci-eject",
	.test_cases = eject_cases,
};

kunit_test_suite(eject_suite);
