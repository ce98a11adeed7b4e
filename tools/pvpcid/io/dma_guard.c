// SPDX-License-Identifier: GPL-2.0
/*
 * A backing file of guest RAM that shrinks must cost the guest its bus, not
 * the host its daemon.
 */
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/dma.h"

static const struct dma *guarded;
static volatile sig_atomic_t faulted;

static void bus_error(int signal, siginfo_t *info, void *context)
{
	static const char sentence[] = "pvpcid: memory vanished (SIGBUS), giving up\n";
	uintptr_t address = (uintptr_t)info->si_addr;
	unsigned int i;

	(void)context;
	for (i = 0; guarded && i < guarded->files; i++) {
		uintptr_t base = (uintptr_t)guarded->file[i].base;
		size_t bytes = guarded->file[i].bytes;

		if (address < base || address - base >= bytes)
			continue;
		/* Zeroes for all of this mapping: the bus is about to be broken anyway. */
		if (mmap(guarded->file[i].base, bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) ==
		    MAP_FAILED)
			break;
		faulted = 1;
		return;
	}
	if (write(STDERR_FILENO, sentence, sizeof(sentence) - 1) < 0)
		faulted = 1;
	/* Back to the default action: returning runs the access again, and that ends us. */
	struct sigaction action = { .sa_handler = SIG_DFL };

	sigaction(signal, &action, NULL);
}

void dma_guard(const struct dma *dma)
{
	struct sigaction action = { .sa_sigaction = bus_error, .sa_flags = SA_SIGINFO };

	guarded = dma;
	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, NULL);
}

bool dma_faulted(void)
{
	bool was = faulted;

	faulted = 0;
	return was;
}
