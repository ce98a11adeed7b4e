// SPDX-License-Identifier: GPL-2.0
/*
 * parse.c - what a person types
 *
 * Words in any case with any white space between them, sizes as people write them.
 */
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "hotadd.h"
#include "level.h"
#include "parse.h"
#include "request.h"

#define BLANKS	" \t\r\n"

static int wrong(const char **why, int error, const char *reason)
{
	*why = reason;
	return error;
}

/* The next word, "" if there is none. */
static char *next(char **rest)
{
	char *word = skip_spaces(*rest);

	*rest = word + strcspn(word, BLANKS);
	if (**rest)
		*(*rest)++ = '\0';
	return word;
}

static bool is_word(const char *word, const char *known)
{
	return !strcasecmp(word, known);
}

static bool parse_address(const char *word, unsigned int *domain, unsigned int *bus,
			  unsigned int *devfn)
{
	unsigned int device, function;
	char rest;

	if (sscanf(word, "%x:%x:%x.%x%c", domain, bus, &device, &function, &rest) != 4 ||
	    strcspn(word, ":") > 8 || *bus > 255 || device > 31 || function > 7)
		return false;
	*devfn = PCI_DEVFN(device, function);
	return true;
}

/* What memparse() leaves of a size, in units of 1024 as elsewhere in the kernel. */
static bool is_unit(const char *rest)
{
	return !*rest || is_word(rest, "B") || is_word(rest, "iB");
}

/* 131072, 128K, 128k, 128KiB, or 128 KiB. */
static bool parse_bytes(char **rest, u64 *bytes)
{
	char *word = next(rest), *end, *unit, joined[32];
	size_t length;

	if (!isdigit(*word))
		return false;
	unit = skip_spaces(*rest);
	length = strcspn(unit, BLANKS);
	/* A unit of its own belongs to the number before it; another word does not. */
	if (isdigit(word[strlen(word) - 1]) && length && length <= 3 && strchr("KMGTkmgt", *unit)) {
		snprintf(joined, sizeof(joined), "%s%.*s", word, (int)length, unit);
		word = joined;
		next(rest);
	}
	*bytes = memparse(word, &end);
	return is_unit(end);
}

static int parse_level(const char *word, enum rebalance_level *level, const char **why)
{
	int parsed = level_parse(word);

	if (parsed <= REBALANCE_OFF)
		return wrong(why, -EINVAL,
			     "an option is none of prefetch, 32bit (for a hole), idle, cooperative, rebind, online");
	*level = parsed;
	return 0;
}

static int parse_function(const char *word, struct pci_dev **dev, const char **why)
{
	unsigned int domain, bus, devfn;

	if (!parse_address(word, &domain, &bus, &devfn))
		return wrong(why, -EINVAL, "a function is DOMAIN:BUS:DEVICE.FUNCTION");
	*dev = pci_get_domain_bus_and_slot(domain, bus, devfn);
	return *dev ? 0 : wrong(why, -ENODEV, "no such function");
}

static int parse_hole(const char *word, char **rest, struct rebalance_request *request,
		      const char **why)
{
	unsigned int domain, bus;
	char tail;

	if (sscanf(word, "%x:%x%c", &domain, &bus, &tail) != 2 || strcspn(word, ":") > 8 ||
	    bus > 255)
		return wrong(why, -EINVAL, "a bus is DOMAIN:BUS");
	if (!*skip_spaces(*rest))
		return wrong(why, -EINVAL, "a bus is given without the size of the hole");
	if (!parse_bytes(rest, &request->bytes) || !is_power_of_2(request->bytes))
		return wrong(why, -EINVAL,
			     "the size of a hole is a power of two, perhaps with KiB, MiB or GiB");
	request->domain = domain;
	request->number = bus;
	return 0;
}

/**
 * parse_request - FUNCTION [LEVEL], or BUS BYTES [prefetch] [32bit] [LEVEL]
 * @text: what was typed; changed
 * @request: filled in; @request->dev has a reference, also after an error
 * @why: set to what is wrong with it
 *
 * Return: 0, -EINVAL, or -ENODEV for a function that is not there.
 */
int parse_request(char *text, struct rebalance_request *request, const char **why)
{
	char *rest = text, *word = next(&rest);
	int error;

	request->level = hotadd_level();
	if (!*word)
		return wrong(why, -EINVAL, "nothing is asked for");
	error = strchr(word, '.') ? parse_function(word, &request->dev, why) :
				    parse_hole(word, &rest, request, why);
	while (!error && *(word = next(&rest))) {
		if (request->bytes && is_word(word, "prefetch"))
			request->prefetch = true;
		else if (request->bytes && is_word(word, "32bit"))
			request->low = true;
		else
			error = parse_level(word, &request->level, why);
	}
	return error;
}

/**
 * parse_consent - FUNCTION idle|in-use|no
 * @text: what was typed; changed
 * @dev: set to the function; has a reference, also after an error, unless NULL
 * @consent: set to what is allowed
 *
 * Return: 0, -EINVAL, or -ENODEV for a function that is not there.
 */
int parse_consent(char *text, struct pci_dev **dev, enum rebalance_consent *consent)
{
	static const char * const words[] = {
		[REBALANCE_CONSENT_NONE] = "no", [REBALANCE_CONSENT_MOVE] = "idle",
		[REBALANCE_CONSENT_IN_USE] = "in-use",
	};
	char *rest = text, *word = next(&rest);
	const char *unused;
	int error = parse_function(word, dev, &unused);
	unsigned int i;

	word = next(&rest);
	if (error || *next(&rest))
		return error ? error : -EINVAL;
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		*consent = i;
		if (is_word(word, words[i]))
			return 0;
	}
	return -EINVAL;
}
