/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VMTEST_AGENT_H
#define _VMTEST_AGENT_H

void agent_serve(int fd, const char *boot);

#endif /* _VMTEST_AGENT_H */
