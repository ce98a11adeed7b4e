/* SPDX-License-Identifier: GPL-2.0 */
/*
 * report.h - plans, functions and space in words
 */
#ifndef PCI_REBALANCE_REPORT_H
#define PCI_REBALANCE_REPORT_H

#include <linux/types.h>

struct rebalance_snapshot;
struct seq_buf;

void report_plan(const struct rebalance_snapshot *s, struct seq_buf *text);
void report_reason(const struct rebalance_snapshot *s, int error, struct seq_buf *text);
void report_result(const struct rebalance_snapshot *s, int error, bool dry, struct seq_buf *text);
void report_functions(const struct rebalance_snapshot *s, struct seq_buf *text);
void report_space(const struct rebalance_snapshot *s, struct seq_buf *text);

#endif
