// SPDX-License-Identifier: GPL-2.0
/*
 * The models that there are.
 */
#include <string.h>

#include "base/error.h"
#include "models/model.h"

static const struct {
	const char *name;
	const struct model_ops *ops;
} models[] = {
	{ "nvme", &nvme_model },
#ifdef NO_TESTDEV
	{ "testdev", NULL },
#else
	{ "testdev", &testdev_model },
#endif
};

const struct model_ops *model_find(const char *name, struct error *err)
{
	unsigned int i;

	for (i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		if (strcmp(models[i].name, name))
			continue;
		if (!models[i].ops)
			error_at(err, "model",
				 "model \"%s\" is for tests, this pvpcid was built without it",
				 name);
		return models[i].ops;
	}
	error_at(err, "model", "there is no model \"%s\"", name);
	return NULL;
}

size_t models_kept_bytes(void)
{
	size_t bytes = 0;
	unsigned int i;

	for (i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		if (models[i].ops)
			bytes += models[i].ops->kept_bytes;
	return bytes;
}
