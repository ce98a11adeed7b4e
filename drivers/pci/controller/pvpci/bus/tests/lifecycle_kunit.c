// SPDX-License-Identifier: GPL-2.0
/*
 * Taking a bus down.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/workqueue.h>

#include "bus/lifecycle.h"
#include "wire/tests/fake_host.h"

/**
 * struct removal - a bus that is taken down beside the test
 * @work: does it
 * @bus: the bus
 */
struct removal {
	struct work_struct work;
	struct pvpci_bus *bus;
};

static void take_down(struct work_struct *work)
{
	pvpci_bus_down(container_of(work, struct removal, work)->bus);
}

/*
 * Who uses the bus had looked whether it is removed, and has something looked at
 * afterwards: nothing of it is left for when the bus, and the module, have gone.
 */
static void lifecycle_late_work(struct kunit *test)
{
	struct pvpci_bus *bus = fake_bus_create(test, fake_host_create(test));
	struct removal removal = { .bus = bus };
	unsigned int tries;

	bus->removing = false;
	INIT_WORK_ONSTACK(&removal.work, take_down);
	down_read(&bus->in_use);
	queue_work(system_unbound_wq, &removal.work);
	for (tries = 0; tries < 50000 && !rwsem_is_contended(&bus->in_use); tries++)
		usleep_range(100, 200);
	KUNIT_EXPECT_TRUE(test, rwsem_is_contended(&bus->in_use));
	pvpci_work_check_in(bus, 3600 * HZ);
	up_read(&bus->in_use);
	flush_work(&removal.work);
	destroy_work_on_stack(&removal.work);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&bus->work.health));
	if (cancel_delayed_work_sync(&bus->work.health))
		pvpci_bus_put(bus);
	pvpci_bus_put(bus);
}

static struct kunit_case lifecycle_cases[] = {
	KUNIT_CASE(lifecycle_late_work),
	{}
};

static struct kunit_suite lifecycle_suite = {
	.name = "pvpci-lifecycle",
	.test_cases = lifecycle_cases,
};

kunit_test_suite(lifecycle_suite);
