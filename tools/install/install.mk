# SPDX-License-Identifier: GPL-2.0
#
# What is installed where: for make install, and for the packages (debian/rules). The
# host's part serves a bus; the guest's is the modules' source, for DKMS, and what loads
# them. A part of make -C tools.

pages	:= $(notdir $(basename $(wildcard */*.[0-9].rst ../Documentation/man/*.rst)))
man pages: $(pages:%=$(OUT)/%)
# One that includes another file is made anew when in doubt.
define page
$$(OUT)/$(notdir $(basename $(1))): $(1) $$(wildcard ../Documentation/admin-guide/*.txt)
	@mkdir -p $$(@D)
	$$(Q)rst2man $$< $$@
endef
$(foreach file,$(wildcard */*.[0-9].rst ../Documentation/man/*.rst),$(eval $(call page,$(file))))

PREFIX		?= /usr/local
SYSCONFDIR	?= $(PREFIX)/etc
prefix		:= $(DESTDIR)$(PREFIX)
etc		:= $(DESTDIR)$(SYSCONFDIR)
# Where systemd looks besides its own directories.
systemd		:= $(prefix)/lib/systemd/system
manual		:= $(prefix)/share/man
completions	:= $(prefix)/share/bash-completion/completions
examples	:= $(prefix)/share/doc/pvpci-host/examples
release		:= $(shell cat ../VERSION)
source		:= $(prefix)/src/pvpci-$(release)
INSTALL		:= install -p -m 644

# $(call install-pages,SECTIONS). Not of what runs in the tree only: kernels of its guests lie
# there.
install-pages = $(foreach n,$(1),install -d $(manual)/man$(n) && \
	$(INSTALL) $(patsubst %,$(OUT)/%,$(filter-out bootcost.%,$(filter %.$(n),$(pages)))) \
	$(manual)/man$(n)/ &&) true

install: install-host
install-host: all man
	install -d $(prefix)/bin $(prefix)/sbin $(systemd) $(prefix)/lib/sysusers.d \
		$(prefix)/lib/tmpfiles.d $(completions) $(examples) $(etc)/apparmor.d $(etc)/pvpci \
		$(etc)/needrestart/conf.d
	install -m 755 $(OUT)/pvpcictl $(prefix)/bin/
	install -m 755 $(OUT)/pvpcid $(OUT)/pvpcid-keep $(prefix)/sbin/
	sed 's|/usr/sbin|$(PREFIX)/sbin|' install/pvpcid@.service >$(systemd)/pvpcid@.service
	$(INSTALL) install/pvpcid@.socket $(systemd)/
	$(INSTALL) install/sysusers.conf $(prefix)/lib/sysusers.d/pvpci.conf
	$(INSTALL) install/tmpfiles.conf $(prefix)/lib/tmpfiles.d/pvpci.conf
	sed 's|/usr/sbin|$(PREFIX)/sbin|' install/apparmor >$(etc)/apparmor.d/usr.sbin.pvpcid
	$(INSTALL) install/needrestart.conf $(etc)/needrestart/conf.d/pvpci.conf
	$(INSTALL) install/completion.bash $(completions)/pvpcictl
	ln -sfn pvpcictl $(completions)/pvpcid
	$(INSTALL) install/examples/* $(examples)/
	$(call install-pages,1 5 8)

# As DKMS wants it: dkms.conf lies with what it builds.
install-guest: man
	install -d $(source) $(prefix)/lib/modprobe.d $(prefix)/share/initramfs-tools/hooks
	cd .. && tar -c Kbuild VERSION dkms.conf drivers include | tar -x -C $(source)
	$(INSTALL) install/modprobe.conf $(prefix)/lib/modprobe.d/pvpci.conf
	install -m 755 install/initramfs-hook $(prefix)/share/initramfs-tools/hooks/pvpci
	$(call install-pages,4)

.PHONY: man pages install install-host install-guest
