// SPDX-License-Identifier: GPL-2.0
/*
 * A host in memory.
 */
#include "bus/lifecycle.h"
#include "function/function.h"
#include "wire/tests/fake_host.h"

static u8 *slot(struct pvpci_ring *ring, u32 index)
{
	return (u8 *)ring + sizeof(*ring) + (index % FAKE_SLOTS) * PVPCI_SLOT_BYTES;
}

/**
 * fake_host_put - put a message into the ring to the guest, right or wrong
 * @host: the host
 * @message: the message
 * @bytes: its real length
 */
void fake_host_put(struct fake_host *host, const void *message, size_t bytes)
{
	memset(slot(host->to_guest, host->put), 0, PVPCI_SLOT_BYTES);
	memcpy(slot(host->to_guest, host->put), message, bytes);
	host->put++;
	host->to_guest->producer = cpu_to_le32(host->put);
}

/**
 * fake_host_run - serve what is in the ring
 * @host: the host
 */
void fake_host_run(struct fake_host *host)
{
	while (host->taken != le32_to_cpu(host->to_host->producer)) {
		union fake_message message;

		if (ktime_ms_delta(ktime_get(), host->taken_at) < host->slow_ms)
			return;
		host->taken_at = ktime_get();
		memcpy(&message, slot(host->to_host, host->taken), sizeof(message));
		host->last = message;
		host->to_host->consumer = cpu_to_le32(++host->taken);
		message.msg.flags = cpu_to_le16(PVPCI_MSG_REPLY);
		if (host->serve && !host->serve(host, &message))
			continue;
		host->served++;
		fake_host_put(host, &message, le16_to_cpu(message.msg.bytes));
	}
}

static void fake_doorbell(void *ctx)
{
	struct fake_host *host = ctx;

	host->doorbells++;
	host->locked += raw_spin_is_locked(&host->requests.lock);
	if (!host->deaf)
		fake_host_run(host);
}

static bool fake_sleeps(void *ctx)
{
	struct fake_host *host = ctx;

	if (host->awake && !host->deaf)
		fake_host_run(host);
	return !host->awake;
}

static u32 fake_beat(void *ctx)
{
	struct fake_host *host = ctx;

	host->beat += host->alive;
	return host->beat;
}

static bool fake_gone(void *ctx)
{
	struct fake_host *host = ctx;

	return host->gone;
}

static void fake_event(void *ctx, const struct pvpci_msg *msg)
{
	struct fake_host *host = ctx;

	host->events++;
}

static void fake_broken(void *ctx, const char *why)
{
	struct fake_host *host = ctx;

	host->why = why;
}

static void fake_suspect(void *ctx)
{
	struct fake_host *host = ctx;

	host->suspected++;
}

static const struct pvpci_request_ops fake_ops = {
	.doorbell = fake_doorbell,
	.host_sleeps = fake_sleeps,
	.host_gone = fake_gone,
	.host_beat = fake_beat,
	.event = fake_event,
	.broken = fake_broken,
	.suspect = fake_suspect,
};

/**
 * fake_host_create - a host with empty rings that answers OK to everything
 * @test: owns it
 *
 * Return: the host.
 */
struct fake_host *fake_host_create(struct kunit *test)
{
	size_t bytes = sizeof(struct pvpci_ring) + FAKE_SLOTS * PVPCI_SLOT_BYTES;
	struct fake_host *host = kunit_kzalloc(test, sizeof(*host), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, host);
	host->to_host = kunit_kzalloc(test, bytes, GFP_KERNEL);
	host->to_guest = kunit_kzalloc(test, bytes, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, host->to_host);
	KUNIT_ASSERT_NOT_NULL(test, host->to_guest);
	KUNIT_ASSERT_EQ(test, pvpci_requests_init(&host->requests, &fake_ops, host, host->to_host,
						  host->to_guest, FAKE_SLOTS), 0);
	return host;
}

/**
 * fake_bus_create - a running bus of up to eight functions on a fake host
 * @test: owns its memory
 * @host: answers its requests
 *
 * The bus is never removed, nothing of it is known to PCI core.
 *
 * Return: the bus; free it with pvpci_bus_put().
 */
struct pvpci_bus *fake_bus_create(struct kunit *test, struct fake_host *host)
{
	static const unsigned int tables[] = {
		PVPCI_AREA_FUNCTIONS, PVPCI_AREA_CONFIG, PVPCI_AREA_CONFIG_MASK,
		PVPCI_AREA_CONFIG_GUEST, PVPCI_AREA_ASSIGNED,
	};
	struct pci_dev *pdev = kunit_kzalloc(test, sizeof(*pdev), GFP_KERNEL);
	struct pvpci_bus *bus;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, pdev);
	KUNIT_ASSERT_EQ(test, pvpci_work_init(), 0);
	bus = pvpci_bus_alloc(pdev);
	KUNIT_ASSERT_NOT_NULL(test, bus);
	bus->wire.transport.header = kunit_kzalloc(test, PVPCI_PAGE_BYTES, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bus->wire.transport.header);
	bus->wire.layout.nr_functions = 8;
	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		bus->wire.transport.area[tables[i]] = kunit_kzalloc(test, 8 * PVPCI_PAGE_BYTES,
							       GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, bus->wire.transport.area[tables[i]]);
	}
	bus->wire.layout.area[PVPCI_AREA_APERTURE].bytes = SZ_64M;
	bus->windows.window[PVPCI_WINDOW_32] = (struct pvpci_bridge_window){
		.offset = 0, .bytes = SZ_16M, .bus_start = 0xc0000000 };
	bus->windows.window[PVPCI_WINDOW_64] = (struct pvpci_bridge_window){
		.offset = SZ_32M, .bytes = SZ_32M, .bus_start = 0x802000000ULL };
	/* No health check: there is no heartbeat. */
	bus->removing = true;
	bus->wire.requests = host->requests;
	for (i = 0; i < PVPCI_MAX_REQUESTS; i++)
		init_completion(&bus->wire.requests.table[i].done);
	pvpci_state_set(bus, PVPCI_STATE_D0);
	pvpci_state_set(bus, PVPCI_STATE_RUNNING);
	return bus;
}

/**
 * fake_function_publish - a function has come onto the bus
 * @test: the test
 * @bus: of fake_bus_create()
 * @row: its row, which is free
 * @info: what the host says of it
 *
 * Return: the function; fake_functions_unpublish() takes it away.
 */
struct pvpci_fn *fake_function_publish(struct kunit *test, struct pvpci_bus *bus, u32 row,
				       const struct pvpci_function_info *info)
{
	struct pvpci_fn *fn;

	mutex_lock(&bus->topology);
	fn = pvpci_function_add(bus, row, info);
	mutex_unlock(&bus->topology);
	KUNIT_ASSERT_NOT_NULL(test, fn);
	return fn;
}

/**
 * fake_function_live - the same for one that PCI core has discovered
 * @test: the test
 * @bus: of fake_bus_create()
 * @row: its row, which is free
 * @info: what the host says of it
 *
 * Return: the function; fake_functions_unpublish() takes it away.
 */
struct pvpci_fn *fake_function_live(struct kunit *test, struct pvpci_bus *bus, u32 row,
				    const struct pvpci_function_info *info)
{
	struct pvpci_fn *fn = fake_function_publish(test, bus, row, info);

	KUNIT_ASSERT_TRUE(test, pvpci_life_set(fn, PVPCI_LIFE_PLACED));
	KUNIT_ASSERT_TRUE(test, pvpci_life_set(fn, PVPCI_LIFE_LIVE));
	return fn;
}

/**
 * fake_functions_unpublish - all functions that are left go
 * @bus: of fake_bus_create()
 */
void fake_functions_unpublish(struct pvpci_bus *bus)
{
	unsigned int row;

	mutex_lock(&bus->topology);
	for (row = 0; row < bus->wire.layout.nr_functions; row++)
		if (bus->by_row[row])
			pvpci_function_remove(bus->by_row[row]);
	mutex_unlock(&bus->topology);
}
