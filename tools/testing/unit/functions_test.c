// SPDX-License-Identifier: GPL-2.0
/*
 * Functions as the guest sees them: row, identity, several in one device.
 */
#include <string.h>

#include "base/error.h"
#include "sim.h"
#include "unit.h"

#define TWO	"[{\"slot\": \"03.0\", \"model\": \"testdev\", \"msi\": 8, \"msix\": 4, " \
		"\"serial\": 77, \"label\": \"left\", \"priority\": 9, \"numa_node\": 1, " \
		"\"boot_critical\": true, \"hotplug\": false, " \
		"\"bars\": [{\"bar\": 0, \"bytes\": 16384, \"bits\": 64}]}," \
		" {\"slot\": \"03.7\", \"model\": \"nvme\", \"serial\": \"S1\", " \
		"\"bars\": [{\"bar\": 1, \"bytes\": 4096}]}]"
#define SEVERAL	0x80

static struct sim sim;

static int start(void **state)
{
	(void)state;
	return sim_open(&sim, TWO, "\"id\": 5, \"rows\": 3,") || sim_up(&sim) ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	sim_close(&sim);
	return 0;
}

static const struct pvpci_function *row(unsigned int index)
{
	return (struct pvpci_function *)bus_area(&sim.bus, PVPCI_AREA_FUNCTIONS) + index;
}

static uint8_t *config(unsigned int index)
{
	return (uint8_t *)bus_area(&sim.bus, PVPCI_AREA_CONFIG) + index * PVPCI_PAGE_BYTES;
}

static struct function *add(const char *text, struct error *err)
{
	json_t *conf = json_loads(text, 0, NULL);
	struct function *fn = bus_add(&sim.bus, conf, err);

	json_decref(conf);
	return fn;
}

static void test_rows(void **state)
{
	(void)state;
	assert_int_equal(le32toh(row(0)->flags), PVPCI_FN_PRESENT | PVPCI_FN_BOOT_CRITICAL);
	assert_int_equal(le16toh(row(0)->devfn), 3 << 3);
	assert_int_equal(le16toh(row(0)->slot), 3);
	assert_int_equal(le64toh(row(0)->serial), 77);
	assert_int_equal(le16toh(row(0)->priority), 9);
	assert_int_equal(le32toh(row(0)->numa_node), 1);
	assert_int_equal(le32toh(row(0)->nr_tokens), 8);
	assert_string_equal((const char *)row(0)->label, "left");
	assert_string_equal((const char *)row(0)->model, "testdev");
	assert_int_equal(le32toh(row(1)->flags), PVPCI_FN_PRESENT | PVPCI_FN_HOTPLUG);
	assert_int_equal(le32toh(row(1)->numa_node), PVPCI_NUMA_NONE);
	assert_int_equal(le16toh(row(1)->devfn), 3 << 3 | 7);
	assert_string_equal((const char *)row(1)->label, "5-03.7");
	/* FNV-1a of "S1". */
	assert_true(le64toh(row(1)->serial) == 0x0945ff07b5d5a329ULL);
	assert_int_equal(row(2)->flags, 0);
	/* The kind of each BAR stands in configuration space. */
	assert_int_equal(config(0)[0x10], 4);
	assert_int_equal(config(1)[0x14], 0);
}

/* Header type, bit 7: each function of a device says whether it has several. */
static void test_several(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(config(0)[CFGSPACE_HEADER_TYPE], SEVERAL);
	assert_int_equal(config(1)[CFGSPACE_HEADER_TYPE], SEVERAL);
	bus_remove(&sim.bus, sim.bus.row[0]);
	assert_int_equal(config(1)[CFGSPACE_HEADER_TYPE], 0);
	assert_non_null(add("{\"slot\": \"04.0\", \"model\": \"nvme\"}", &err));
	assert_int_equal(config(0)[CFGSPACE_HEADER_TYPE], 0);
	assert_int_equal(config(1)[CFGSPACE_HEADER_TYPE], 0);
	assert_non_null(add("{\"slot\": \"04.1\", \"model\": \"nvme\"}", &err));
	assert_int_equal(config(0)[CFGSPACE_HEADER_TYPE], SEVERAL);
	assert_int_equal(config(1)[CFGSPACE_HEADER_TYPE], 0);
	assert_int_equal(config(2)[CFGSPACE_HEADER_TYPE], SEVERAL);
}

/* A row is used again, an instance never; between them the row reads as none. */
static void test_removed(void **state)
{
	uint32_t instance = sim.bus.row[0]->instance;
	static const struct pvpci_function none;
	struct error err;
	struct function *fn;
	const uint8_t *mask;

	(void)state;
	bus_remove(&sim.bus, sim.bus.row[0]);
	assert_memory_equal(row(0), &none, sizeof(none));
	assert_int_equal(config(0)[0] & config(0)[1] & config(0)[CFGSPACE_BYTES - 1], 0xff);
	/* And no bit of it is the guest's. */
	mask = bus_area(&sim.bus, PVPCI_AREA_CONFIG_MASK);
	assert_int_equal(mask[CFGSPACE_COMMAND] | mask[CFGSPACE_MSI_DATA], 0);
	sim_config(&sim, 0)[CFGSPACE_COMMAND] = 6;
	fn = add("{\"slot\": \"03.0\", \"model\": \"testdev\"}", &err);
	assert_int_equal(fn->row, 0);
	assert_true(fn->instance > instance);
	assert_int_equal(sim_config(&sim, 0)[CFGSPACE_COMMAND], 0);
}

static void test_refused(void **state)
{
	struct error err;

	(void)state;
	assert_null(add("{\"slot\": \"04.0\", \"model\": \"nvme\", \"label\": \"left\"}", &err));
	assert_string_equal(err.where, "label");
	assert_non_null(strstr(err.text, "03.0 testdev has the same label"));
	assert_null(add("{\"slot\": \"04.0\", \"model\": \"nvme\", \"serial\": \"S1\"}", &err));
	assert_string_equal(err.where, "serial");
	assert_non_null(add("{\"slot\": \"04.0\", \"model\": \"nvme\"}", &err));
	assert_null(add("{\"slot\": \"05.0\", \"model\": \"nvme\"}", &err));
	assert_non_null(strstr(err.text, "all 3 rows"));
	assert_int_equal(sim.bus.nr_functions, 3);
	bus_remove(&sim.bus, sim.bus.row[2]);
	assert_null(add("{\"slot\": \"05.0\", \"model\": \"nvme\", \"msi\": 64}", &err));
	assert_null(add("{\"slot\": \"05.0\", \"model\": \"nvme\", \"msi\": 3}", &err));
	assert_null(add("{\"slot\": \"05.0\", \"model\": \"nvme\", \"msix\": 2049}", &err));
	assert_non_null(add("{\"slot\": \"05.0\", \"model\": \"nvme\", \"msi\": 32}", &err));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rows), TEST(test_several), TEST(test_removed), TEST(test_refused),
	};

	log_setup(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("functions", tests, NULL, NULL);
}
