// SPDX-License-Identifier: GPL-2.0
/*
 * Guest RAM: the one place where a guest-physical address becomes a pointer.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "io/dma.h"
#include "io/peer.h"

#define GIB4	0x100000000ULL

static const char * const machine_names[] = {
	[DMA_MACHINE_NONE] = "",
	[DMA_MACHINE_Q35] = "q35",
	[DMA_MACHINE_PC] = "pc",
	[DMA_MACHINE_VIRT] = "virt",
};

_Static_assert(sizeof(machine_names) / sizeof(machine_names[0]) == DMA_MACHINES,
	       "a name for each machine");

/**
 * struct machine_split - how much RAM lies below 4 GiB
 * @from_bytes: RAM from which @low_bytes holds
 * @low_bytes: RAM below 4 GiB; with less than @from_bytes all of it is low
 */
struct machine_split {
	uint64_t from_bytes;
	uint64_t low_bytes;
};

/* QEMU: pc_q35_init() and pc_init1(), machine types since 2.0. */
static const struct machine_split splits[] = {
	[DMA_MACHINE_Q35] = { 0xb0000000, 0x80000000 },
	[DMA_MACHINE_PC] = { 0xe0000000, 0xc0000000 },
};

enum dma_machine dma_machine_parse(const char *name)
{
	unsigned int i;

	for (i = DMA_MACHINE_NONE + 1; i < DMA_MACHINES; i++)
		if (!strcmp(name, machine_names[i]))
			return (enum dma_machine)i;
	return DMA_MACHINE_NONE;
}

bool dma_configured(const struct dma_conf *conf)
{
	return conf->file || conf->peer || conf->count;
}

static unsigned int add_piece(struct dma_segment *pieces, unsigned int count, uint64_t address,
			      uint64_t offset, uint64_t last)
{
	if (last <= offset)
		return count;
	pieces[count] = (struct dma_segment){
		.address = address, .offset = offset, .bytes = last - offset,
	};
	return count + 1;
}

unsigned int dma_layout(enum dma_machine machine, uint64_t bytes, struct dma_segment *pieces)
{
	unsigned int count = 0;
	uint64_t low = bytes;

	if (machine == DMA_MACHINE_VIRT)
		return add_piece(pieces, 0, 0x40000000, 0, bytes);
	if (bytes >= splits[machine].from_bytes)
		low = splits[machine].low_bytes;
	/* 0xa0000 to 0xfffff is VGA and firmware, in QEMU's file or not. */
	count = add_piece(pieces, count, 0, 0, low < 0xa0000 ? low : 0xa0000);
	count = add_piece(pieces, count, 0x100000, 0x100000, low);
	return add_piece(pieces, count, GIB4, low, bytes);
}

static int open_ram(const char *path, uint64_t *bytes, struct error *err)
{
	struct stat st;
	int fd;

	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		error_set(err, "cannot open guest memory %s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (!S_ISREG(st.st_mode) || !st.st_size) {
		error_set(err, "guest memory %s is %s", path,
			  S_ISREG(st.st_mode) ? "empty" : "not a regular file");
		close(fd);
		return -1;
	}
	*bytes = (uint64_t)st.st_size;
	return fd;
}

uint8_t *dma_map_file(struct dma *dma, int fd, uint64_t offset, uint64_t bytes, struct error *err)
{
	struct stat st;
	void *base;

	if (dma->files == DMA_MAX_FILES) {
		error_set(err, "guest memory lies in more than %u files", DMA_MAX_FILES);
		return NULL;
	}
	if (offset % (uint64_t)sysconf(_SC_PAGESIZE) || bytes > SIZE_MAX) {
		error_set(err, "guest memory at file offset %#llx is not page aligned",
			  (unsigned long long)offset);
		return NULL;
	}
	base = fstat(fd, &st) ? MAP_FAILED :
		mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd,
		     (off_t)offset);
	if (base == MAP_FAILED) {
		error_set(err, "cannot map %llu bytes of guest memory: %s",
			  (unsigned long long)bytes, strerror(errno));
		return NULL;
	}
	dma->file[dma->files++] = (struct dma_file){
		.base = base, .bytes = (size_t)bytes, .device = st.st_dev, .inode = st.st_ino,
	};
	return base;
}

static void add_mapped(struct dma *dma, uint64_t address, uint64_t bytes, uint8_t *host)
{
	dma->piece[dma->count++] = (struct dma_piece){
		.address = address, .bytes = bytes, .host = host,
	};
}

/* All RAM is one file. */
static int map_machine(struct dma *dma, const struct dma_conf *conf, const char *path,
		       struct error *err)
{
	struct dma_segment pieces[DMA_MAX_SEGMENTS];
	unsigned int count, i;
	uint64_t bytes;
	uint8_t *host;
	int fd;

	fd = open_ram(path, &bytes, err);
	if (fd < 0)
		return -1;
	host = dma_map_file(dma, fd, 0, bytes, err);
	close(fd);
	if (!host)
		return -1;
	count = dma_layout(conf->machine, bytes, pieces);
	for (i = 0; i < count; i++)
		add_mapped(dma, pieces[i].address, pieces[i].bytes, host + pieces[i].offset);
	return 0;
}

static bool is_mapped(const struct dma *dma, uint64_t address, uint64_t bytes)
{
	unsigned int i;

	for (i = 0; i < dma->count; i++)
		if (address < dma->piece[i].address + dma->piece[i].bytes &&
		    dma->piece[i].address < address + bytes)
			return true;
	return false;
}

static int map_explicit(struct dma *dma, const struct dma_segment *segment, struct error *err)
{
	uint64_t bytes, want;
	uint8_t *host;
	int fd;

	fd = open_ram(segment->file, &bytes, err);
	if (fd < 0)
		return -1;
	want = segment->bytes;
	if (!want && segment->offset < bytes)
		want = bytes - segment->offset;
	if (segment->offset > bytes || !want || want > bytes - segment->offset) {
		error_set(err, "guest memory %s has %llu bytes, the map asks for %llu at %llu",
			  segment->file, (unsigned long long)bytes, (unsigned long long)want,
			  (unsigned long long)segment->offset);
		close(fd);
		return -1;
	}
	if (is_mapped(dma, segment->address, want)) {
		error_set(err, "guest memory %s at %#llx overlaps another piece of the map",
			  segment->file, (unsigned long long)segment->address);
		close(fd);
		return -1;
	}
	host = dma_map_file(dma, fd, segment->offset, want, err);
	close(fd);
	if (!host)
		return -1;
	add_mapped(dma, segment->address, want, host);
	return 0;
}

int dma_map(struct dma *dma, const struct dma_conf *conf, pid_t peer, struct error *err)
{
	char path[64];
	unsigned int i;
	int ret = 0;

	dma_unmap(dma);
	if (conf->file) {
		ret = map_machine(dma, conf, conf->file, err);
	} else if (conf->peer) {
		ret = peer_find_ram(peer, path, sizeof(path), err);
		if (!ret)
			ret = map_machine(dma, conf, path, err);
	}
	for (i = 0; i < conf->count && !ret; i++)
		ret = map_explicit(dma, &conf->map[i], err);
	if (ret)
		dma_unmap(dma);
	return ret;
}

static bool is_there(const char *path)
{
	if (!access(path, F_OK))
		return true;
	log_warning("guest memory %s is not there yet", path);
	return false;
}

int dma_check(const struct dma_conf *conf, struct error *err)
{
	struct dma dma = { 0 };
	unsigned int i;
	int ret;

	if (conf->peer || (conf->file && !is_there(conf->file)))
		return 0;
	for (i = 0; i < conf->count; i++)
		if (!is_there(conf->map[i].file))
			return 0;
	ret = dma_map(&dma, conf, 0, err);
	dma_unmap(&dma);
	return ret;
}

void dma_unmap(struct dma *dma)
{
	unsigned int files = dma->files;
	unsigned int i;

	dma->count = 0;
	dma->files = 0;
	for (i = 0; i < files; i++)
		munmap(dma->file[i].base, dma->file[i].bytes);
}

void *dma_at(const struct dma *dma, uint64_t address, uint64_t bytes)
{
	unsigned int i;

	for (i = 0; i < dma->count; i++) {
		const struct dma_piece *piece = &dma->piece[i];
		uint64_t into = address - piece->address;

		if (address >= piece->address && into < piece->bytes)
			return bytes <= piece->bytes - into ? piece->host + into : NULL;
	}
	return NULL;
}

void dma_conf_free(struct dma_conf *conf)
{
	unsigned int i;

	free(conf->file);
	for (i = 0; i < conf->count; i++)
		free(conf->map[i].file);
	memset(conf, 0, sizeof(*conf));
}
