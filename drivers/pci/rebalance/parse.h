/* SPDX-License-Identifier: GPL-2.0 */
/*
 * parse.h - what a person types
 */
#ifndef PCI_REBALANCE_PARSE_H
#define PCI_REBALANCE_PARSE_H

#include "record.h"

struct pci_dev;
struct rebalance_request;

int parse_request(char *text, struct rebalance_request *request, const char **why);
int parse_consent(char *text, struct pci_dev **dev, enum rebalance_consent *consent);

#endif
