# SPDX-License-Identifier: GPL-2.0
#
# What the kernel being built against can do, found out by compiling one small
# file for each question: probe/NAME.c compiles => HAVE_NAME. Stable kernels
# take interfaces from newer ones, so a version number tells nothing.
#
# The includer sets
#	pvpci-probe-dir	where this file lies
#	pvpci-config	the header to write
#	pvpci-users	targets that need it
# and <pvpci/compat.h> is the only file that includes the result.

pvpci-probes := $(sort $(wildcard $(pvpci-probe-dir)/probe/*.c))
pvpci-probe-cmd = $(CC) $(NOSTDINC_FLAGS) $(LINUXINCLUDE) \
	-include $(srctree)/include/linux/compiler_types.h \
	$(KBUILD_CPPFLAGS) $(KBUILD_CFLAGS) $(KBUILD_CFLAGS_MODULE) -DMODULE \
	-DKBUILD_MODNAME='"probe"' -DKBUILD_BASENAME='"probe"' \
	-Werror -Wno-unused -Wno-missing-prototypes -Wno-missing-declarations \
	-fsyntax-only

# The probe named "sanity" fails only when nothing can be compiled.
quiet_cmd_pvpci_probe = PROBE   $@
      cmd_pvpci_probe = mkdir -p $(dir $@); \
	$(pvpci-probe-cmd) $(pvpci-probe-dir)/probe/sanity.c || exit 1; \
	{ for probe in $(pvpci-probes); do \
		name=$$(basename $$probe .c | tr a-z A-Z); \
		if $(pvpci-probe-cmd) $$probe 2>/dev/null; \
		then echo "\#define HAVE_$$name 1"; \
		else echo "/* HAVE_$$name is not set */"; fi; \
	done; } > $@

$(pvpci-config): $(pvpci-probes) FORCE
	$(call if_changed,pvpci_probe)

targets += $(patsubst $(obj)/%,%,$(pvpci-config))
$(pvpci-users): $(pvpci-config)
