/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The groups of tests of the models.
 */
#ifndef NVME_TESTS_H
#define NVME_TESTS_H

#include "nvme_host.h"

#define MODEL_GROUP(name)					\
	extern const struct CMUnitTest name##_tests[];		\
	extern const size_t name##_count

MODEL_GROUP(nvme_enable);
MODEL_GROUP(nvme_queues);
MODEL_GROUP(nvme_interrupts);
MODEL_GROUP(nvme_admin);
MODEL_GROUP(nvme_features);
MODEL_GROUP(nvme_fields);
MODEL_GROUP(nvme_prps);
MODEL_GROUP(nvme_rw);
MODEL_GROUP(nvme_life);
MODEL_GROUP(nvme_quiesce);
MODEL_GROUP(nvme_faults);
MODEL_GROUP(nvme_data);
MODEL_GROUP(nvme_space);
MODEL_GROUP(nvme_share);
MODEL_GROUP(nvme_live);
MODEL_GROUP(nvme_death);
MODEL_GROUP(model_blockio);
MODEL_GROUP(model_hung);
MODEL_GROUP(model_testdev);

#endif /* NVME_TESTS_H */
