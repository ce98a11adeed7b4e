/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KUnit in the kernel; in user space, as much of it as these suites use, so
 * that they run under ASan and UBSan within a second ("tests/user").
 */
#ifndef _PCIEHP_PV_TESTS_SHIM_H
#define _PCIEHP_PV_TESTS_SHIM_H

#ifdef __KERNEL__
#include <kunit/test.h>
#else
#include <stdio.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct kunit {
	const char *name;
	int failures;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
};

struct kunit_suite {
	const char *name;
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(f) { .run_case = f, .name = #f }

#define KUNIT_CHECK(test, ok, ...) do {					\
	if (!(ok)) {							\
		(test)->failures++;					\
		printf("# %s:%d: ", __FILE__, __LINE__);		\
		printf(__VA_ARGS__);					\
		printf("\n");						\
	}								\
} while (0)
#define KUNIT_EXPECT_EQ(test, a, b) \
	KUNIT_CHECK(test, (a) == (b), "%s is not %s", #a, #b)
#define KUNIT_EXPECT_EQ_MSG(test, a, b, ...) KUNIT_CHECK(test, (a) == (b), __VA_ARGS__)
#define KUNIT_EXPECT_TRUE(test, a) KUNIT_CHECK(test, a, "%s is false", #a)
#define KUNIT_EXPECT_TRUE_MSG(test, a, ...) KUNIT_CHECK(test, a, __VA_ARGS__)
#define KUNIT_EXPECT_FALSE_MSG(test, a, ...) KUNIT_CHECK(test, !(a), __VA_ARGS__)

#define MODULE_LICENSE(text) extern const char hpv_license[sizeof(text)]
#define MODULE_DESCRIPTION(text) extern const char hpv_description[sizeof(text)]
#define MODULE_IMPORT_NS(name) struct hpv_imported_ ## name

/* The suites of the program, as "user" links them. */

#define kunit_test_suites(...) struct kunit_suite *hpv_suites[] = { __VA_ARGS__, NULL }
#endif /* __KERNEL__ */

extern struct kunit_suite hpv_port_suite;

#endif /* _PCIEHP_PV_TESTS_SHIM_H */
