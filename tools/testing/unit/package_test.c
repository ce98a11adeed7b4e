// SPDX-License-Identifier: GPL-2.0
/*
 * A daemon without the model that is for tests, as packages have it.
 */
#include "base/error.h"
#include "models/model.h"
#include "unit.h"

static void test_refused(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_null(model_find("testdev", &err));
	assert_string_equal(err.text,
			    "model \"testdev\" is for tests, this pvpcid was built without it");
	assert_string_equal(err.where, "model");
}

static void test_others(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_ptr_equal(model_find("nvme", &err), &nvme_model);
	assert_null(model_find("floppy", &err));
	assert_string_equal(err.text, "there is no model \"floppy\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
