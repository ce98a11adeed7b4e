// SPDX-License-Identifier: GPL-2.0
/*
 * Guest RAM of which the guest tells: in which of QEMU's files a range is.
 *
 * QEMU gives each file to one range of addresses, or to two (below and above 4 GiB), in
 * order. So one page of a range that has been found says where the others are, as far as
 * the file goes.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "io/dma_told.h"
#include "io/peer.h"

#define MARK_BYTES	32
#define COARSE_STRIDE	(128ULL << 20)	/* most files begin at such an address: look there first */

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static const struct dma_file *file_at(const struct dma *dma, const uint8_t *host)
{
	unsigned int i;

	for (i = 0; i < dma->files; i++)
		if (host >= dma->file[i].base && host < dma->file[i].base + dma->file[i].bytes)
			return &dma->file[i];
	return NULL;
}

/* How many pieces @range would leave of @piece, and these in @left. */
static unsigned int without(const struct dma_piece *piece, const struct dma_range *range,
			    struct dma_piece *left)
{
	uint64_t last = range->address + (range->bytes - 1);
	uint64_t piece_last = piece->address + (piece->bytes - 1);
	unsigned int count = 0;

	if (last < piece->address || range->address > piece_last) {
		left[0] = *piece;
		return 1;
	}
	if (range->address > piece->address)
		left[count++] = (struct dma_piece){
			piece->address, range->address - piece->address, piece->host };
	if (last < piece_last)
		left[count++] = (struct dma_piece){
			last + 1, piece_last - last, piece->host + (last + 1 - piece->address) };
	return count;
}

static int too_many(struct error *err)
{
	error_set(err, "guest memory lies in more than %u pieces", DMA_MAX_PIECES);
	return -1;
}

/* Return 0, or -1 when there are too many pieces. */
static int forget(struct dma *dma, const struct dma_range *range, struct error *err)
{
	struct dma_piece kept[2 * DMA_MAX_PIECES] = { 0 };
	unsigned int count = 0, i;

	for (i = 0; i < dma->count; i++)
		count += without(&dma->piece[i], range, kept + count);
	if (count > DMA_MAX_PIECES)
		return too_many(err);
	memcpy(dma->piece, kept, count * sizeof(kept[0]));
	dma->count = count;
	return 0;
}

/* Mappings of two files may lie side by side by chance. */
static bool joined(const struct dma *dma, struct dma_piece *to, const struct dma_piece *next)
{
	if (to->address + to->bytes != next->address || to->host + to->bytes != next->host ||
	    file_at(dma, to->host) != file_at(dma, next->host))
		return false;
	to->bytes += next->bytes;
	return true;
}

/* One more piece, one with those that it continues. */
static int add(struct dma *dma, struct dma_piece piece, struct error *err)
{
	struct dma_range range = { piece.address, piece.bytes };
	unsigned int i;

	if (dma->count == DMA_MAX_PIECES)
		return too_many(err);
	if (forget(dma, &range, err))
		return -1;
	for (i = 0; i < dma->count; ) {
		struct dma_piece other = dma->piece[i];

		if (!joined(dma, &piece, &other) && !joined(dma, &other, &piece)) {
			i++;
			continue;
		}
		if (other.address < piece.address)
			piece = other;
		dma->piece[i] = dma->piece[--dma->count];
		i = 0;
	}
	if (dma->count == DMA_MAX_PIECES)
		return too_many(err);
	dma->piece[dma->count++] = piece;
	return 0;
}

/* A place of which nothing is in use any more, as large as the file; I/O may still go to it. */
static uint8_t *map_again(struct dma *dma, int fd, const struct stat *st)
{
	size_t bytes = (size_t)st->st_size;
	unsigned int i;

	for (i = 0; i < dma->files; i++) {
		struct dma_file *file = &dma->file[i];

		if (file->inode || file->bytes != bytes ||
		    mmap(file->base, bytes, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED | MAP_NORESERVE, fd, 0) == MAP_FAILED)
			continue;
		file->device = st->st_dev;
		file->inode = st->st_ino;
		return file->base;
	}
	return NULL;
}

static uint8_t *map_once(struct dma *dma, int fd, struct error *err)
{
	struct stat st;
	uint8_t *base;
	unsigned int i;

	if (fstat(fd, &st) || st.st_size <= 0) {
		error_set(err, "guest memory is not there any more");
		return NULL;
	}
	for (i = 0; i < dma->files; i++)
		if (dma->file[i].inode == st.st_ino && dma->file[i].device == st.st_dev &&
		    dma->file[i].bytes == (size_t)st.st_size)
			return dma->file[i].base;
	base = map_again(dma, fd, &st);
	return base ? base : dma_map_file(dma, fd, 0, (uint64_t)st.st_size, err);
}

/**
 * struct search - for a mark
 * @mark: what is looked for
 * @at: guest-physical address of it
 * @stride: of the places to look at
 * @fd: of the file that has it, -1 until then
 * @offset: in that file
 * @bytes: length of that file
 */
struct search {
	const uint8_t *mark;
	uint64_t at;
	uint64_t stride;
	int fd;
	uint64_t offset;
	uint64_t bytes;
};

/* Reading does not fill a hole, as looking at a mapping would. */
static int look_into(void *context, int fd, uint64_t bytes)
{
	struct search *search = context;
	uint8_t found[MARK_BYTES];
	uint64_t offset;

	for (offset = search->at % search->stride; offset + MARK_BYTES <= bytes;
	     offset += search->stride) {
		if (pread(fd, found, sizeof(found), (off_t)offset) != sizeof(found) ||
		    memcmp(found, search->mark, sizeof(found)))
			continue;
		search->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		search->offset = offset;
		search->bytes = bytes;
		return 1;
	}
	return 0;
}

int dma_tell_marked(struct dma *dma, pid_t peer, struct dma_range *range, uint64_t at,
		    const uint8_t *mark, struct error *err)
{
	struct search search = { .mark = mark, .at = at, .stride = COARSE_STRIDE, .fd = -1 };
	uint64_t before, after;
	uint8_t *base;
	int ret;

	ret = peer_each_ram(peer, look_into, &search, err);
	/* Also when there is one that we may not open: that is the reason when no other has it. */
	if (ret <= 0) {
		search.stride = DMA_MARK_STRIDE;
		ret = peer_each_ram(peer, look_into, &search, err);
	}
	if (ret <= 0)
		return ret;
	if (search.fd < 0) {
		error_set(err, "cannot keep guest memory open: %s", strerror(errno));
		return -1;
	}
	base = map_once(dma, search.fd, err);
	close(search.fd);
	if (!base)
		return -1;
	before = smaller(search.offset, at - range->address);
	after = smaller(search.bytes - search.offset, range->bytes - (at - range->address));
	*range = (struct dma_range){ at - before, before + after };
	return add(dma, (struct dma_piece){ range->address, range->bytes,
		   base + search.offset - before }, err) ? -1 : 1;
}

static uint64_t distance(const struct dma_piece *piece, uint64_t address)
{
	if (address < piece->address)
		return piece->address - address;
	return address < piece->address + piece->bytes ? 0 :
		address - (piece->address + piece->bytes) + 1;
}

int dma_tell_alike(struct dma *dma, struct dma_range *range, struct error *err)
{
	const struct dma_piece *nearest = NULL;
	const struct dma_file *file;
	uint64_t into, offset;
	unsigned int i;

	for (i = 0; i < dma->count; i++)
		if (!nearest || distance(&dma->piece[i], range->address) <
				distance(nearest, range->address))
			nearest = &dma->piece[i];
	file = nearest ? file_at(dma, nearest->host) : NULL;
	if (!file)
		return 0;
	offset = (uint64_t)(nearest->host - file->base);
	if (range->address < nearest->address) {
		into = nearest->address - range->address;
		if (into > offset)
			return 0;
		offset -= into;
	} else {
		into = range->address - nearest->address;
		if (into >= file->bytes - offset)
			return 0;
		offset += into;
	}
	range->bytes = smaller(range->bytes, file->bytes - offset);
	return add(dma, (struct dma_piece){ range->address, range->bytes, file->base + offset },
		   err) ? -1 : 1;
}

/*
 * Nothing of @file is RAM now. Others may still be at work on an address that they were
 * given: they find zeroes, and QEMU's memory is nobody's.
 */
static void let_go(const struct dma *dma, struct dma_file *file)
{
	unsigned int i;

	for (i = 0; i < dma->count; i++)
		if (dma->piece[i].host >= file->base &&
		    dma->piece[i].host < file->base + file->bytes)
			return;
	if (mmap(file->base, file->bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) != MAP_FAILED)
		file->inode = 0;
}

int dma_tell_gone(struct dma *dma, const struct dma_range *range, struct error *err)
{
	unsigned int i;

	if (forget(dma, range, err))
		return -1;
	for (i = 0; i < dma->files; i++)
		if (dma->file[i].inode)
			let_go(dma, &dma->file[i]);
	return 0;
}

void dma_views_get(const struct dma *dma, struct dma_view *views)
{
	unsigned int i;

	for (i = 0; i < dma->count; i++) {
		const struct dma_piece *piece = &dma->piece[i];
		const struct dma_file *file = file_at(dma, piece->host);

		views[i] = (struct dma_view){
			.range = { piece->address, piece->bytes },
			.offset = (uint64_t)(piece->host - file->base),
			.device = file->device, .inode = file->inode,
		};
	}
}

/**
 * struct again - a file that was known
 * @view: what was known of it
 * @fd: of it, -1 until it is found
 */
struct again {
	const struct dma_view *view;
	int fd;
};

static int is_it(void *context, int fd, uint64_t bytes)
{
	struct again *again = context;
	const struct dma_view *view = again->view;
	struct stat st;

	if (fstat(fd, &st) || st.st_ino != view->inode || st.st_dev != view->device ||
	    view->offset > bytes || view->range.bytes > bytes - view->offset)
		return 0;
	again->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return 1;
}

static int set_view(struct dma *dma, const struct dma_view *view, pid_t peer, struct error *err)
{
	struct again again = { .view = view, .fd = -1 };
	uint8_t *base;

	if (!view->range.bytes || view->range.bytes - 1 > UINT64_MAX - view->range.address) {
		error_set(err, "the state that was kept has a range that is none");
		return -1;
	}
	if (peer_each_ram(peer, is_it, &again, err) < 0)
		return -1;
	base = again.fd < 0 ? NULL : map_once(dma, again.fd, err);
	if (again.fd >= 0)
		close(again.fd);
	else
		error_set(err, "guest memory at %#llx is not in the same file any more",
			  (unsigned long long)view->range.address);
	return base ? add(dma, (struct dma_piece){ view->range.address, view->range.bytes,
			  base + view->offset }, err) : -1;
}

int dma_views_set(struct dma *dma, const struct dma_view *views, unsigned int count, pid_t peer,
		  struct error *err)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (!set_view(dma, &views[i], peer, err))
			continue;
		dma_unmap(dma);
		return -1;
	}
	return 0;
}
