// SPDX-License-Identifier: GPL-2.0
/*
 * Block I/O: write protection that stays with the file, as an extended
 * attribute: it outlives the daemon and moves with the image.
 */
#include <errno.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "io/blockio_engine.h"

#define PROTECTED	"user.pvpcid.write_protected"

bool blockio_ask_protected(const struct blockio *io)
{
	return fgetxattr(io->file, PROTECTED, NULL, 0) >= 0;
}

bool blockio_protected(const struct blockio *io)
{
	return io->protected;
}

int blockio_set_protected(const struct blockio *io, bool protect)
{
	int ret = protect ? fsetxattr(io->file, PROTECTED, "1", 1, 0) :
			    fremovexattr(io->file, PROTECTED);

	if (ret && (protect || errno != ENODATA))
		return -1;
	return fsync(io->file);
}
