// SPDX-License-Identifier: GPL-2.0
/* The suites in user space; KTAP out. */
#include "shim.h"

extern struct kunit_suite *hpv_suites[];

int main(void)
{
	int number = 0, failed = 0, suite;
	struct kunit_case *c;

	printf("KTAP version 1\n");
	for (suite = 0; hpv_suites[suite]; suite++)
		for (c = hpv_suites[suite]->test_cases; c->run_case; c++) {
			struct kunit test = { .name = c->name };

			c->run_case(&test);
			failed += !!test.failures;
			printf("%sok %d %s.%s\n", test.failures ? "not " : "", ++number,
			       hpv_suites[suite]->name, c->name);
		}
	printf("1..%d\n", number);
	return failed ? 1 : 0;
}
