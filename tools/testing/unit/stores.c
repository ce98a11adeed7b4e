// SPDX-License-Identifier: GPL-2.0
/*
 * Stores to shared memory are found by write protection: each one faults, is counted, and
 * is done with the page open and the trap flag set, which closes the page behind it. Of many
 * to one page in a row the first ones count: the rest is filling or copying.
 */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "stores.h"

#define MAPPINGS	16

void *__real_mmap64(void *addr, size_t bytes, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *addr, size_t bytes, int prot, int flags, int fd, off_t offset);

static struct {
	uintptr_t start;
	size_t bytes;
} mapping[MAPPINGS];

static unsigned int mappings;
static bool watching;

static void protect(uintptr_t start, size_t bytes, int prot)
{
	if (mprotect((void *)start, bytes, prot))
		_exit(5);
}

unsigned int stores_stride(unsigned int usual, unsigned int *first)
{
	const char *deaths = getenv("PVPCI_DEATHS");

	if (deaths && !strcmp(deaths, "all"))
		usual = 1;
	*first = 1 + arc4random_uniform(usual);
	return usual;
}

void stores_add(void *at, size_t bytes)
{
	if (mappings == MAPPINGS)
		_exit(6);
	mapping[mappings].start = (uintptr_t)at;
	mapping[mappings++].bytes = bytes;
	if (watching)
		protect((uintptr_t)at, bytes, PROT_READ);
}

void *__wrap_mmap64(void *addr, size_t bytes, int prot, int flags, int fd, off_t offset)
{
	void *at = __real_mmap64(addr, bytes, prot, flags, fd, offset);

	if (at != MAP_FAILED && fd >= 0 && flags & MAP_SHARED)
		stores_add(at, bytes);
	return at;
}

void *stores_map(int fd, size_t bytes)
{
	return __real_mmap64(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

#ifdef __x86_64__
#define PAGE		((uintptr_t)4096)
#define TRAP_FLAG	0x100
#define IN_A_ROW	16

bool stores_possible(void)
{
	return true;
}

static unsigned int dies_before;
static unsigned int *counter;
static uintptr_t open_page[2];	/* a store may reach into the next one */
static unsigned int nr_open;
static greg_t storing;		/* the instruction that does */
static uintptr_t last_page;
static unsigned int in_a_row;

static bool is_ours(uintptr_t at)
{
	unsigned int i;

	for (i = 0; i < mappings; i++)
		if (at - mapping[i].start < mapping[i].bytes)
			return true;
	return false;
}

static void close_pages(void)
{
	while (nr_open)
		protect(open_page[--nr_open], PAGE, PROT_READ);
}

static void count_it(uintptr_t page)
{
	in_a_row = page == last_page ? in_a_row + 1 : 0;
	last_page = page;
	if (++*counter == dies_before)
		kill(getpid(), SIGKILL);
}

static void faulted(int signal, siginfo_t *info, void *context)
{
	greg_t *gregs = ((ucontext_t *)context)->uc_mcontext.gregs;
	uintptr_t page = (uintptr_t)info->si_addr & ~(PAGE - 1);

	/* A fault of its own ends it as any other would. */
	if (!is_ours((uintptr_t)info->si_addr)) {
		struct sigaction action = { .sa_handler = SIG_DFL };

		sigaction(signal, &action, NULL);
		return;
	}
	/* Those that were left open, or an instruction that goes from page to page. */
	if (gregs[REG_RIP] != storing || nr_open == 2)
		close_pages();
	if (!nr_open)
		count_it(page);
	storing = gregs[REG_RIP];
	open_page[nr_open++] = page;
	protect(page, PAGE, PROT_READ | PROT_WRITE);
	if (in_a_row < IN_A_ROW)
		gregs[REG_EFL] |= TRAP_FLAG;
}

static void stored(int signal, siginfo_t *info, void *context)
{
	greg_t *gregs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)signal;
	(void)info;
	gregs[REG_EFL] &= ~TRAP_FLAG;
	/* One that repeats itself is one store. */
	if (gregs[REG_RIP] != storing)
		close_pages();
}

void stores_watch(unsigned int last, unsigned int *count)
{
	struct sigaction action = { .sa_sigaction = faulted, .sa_flags = SA_SIGINFO };
	unsigned int i;

	dies_before = last;
	counter = count;
	*count = 0;
	watching = true;
	sigaction(SIGSEGV, &action, NULL);
	action.sa_sigaction = stored;
	sigaction(SIGTRAP, &action, NULL);
	for (i = 0; i < mappings; i++)
		protect(mapping[i].start, mapping[i].bytes, PROT_READ);
}
#else
bool stores_possible(void)
{
	return false;
}

void stores_watch(unsigned int last, unsigned int *count)
{
	(void)last;
	*count = 0;
	_exit(7);
}
#endif
