# SPDX-License-Identifier: GPL-2.0
#
# "make help" lists what can be made. Kbuild, not this file, tells the kernel's
# build system about the modules.

BUILD	:= $(CURDIR)/build
VMTEST	:= tools/testing/vmtest
KERNELS	:= $(shell awk '/^[a-z]/ && $$3 != "source" && $$6 != "asked" {print $$1}' $(VMTEST)/kernels)
ASKED	:= $(shell awk '$$6 == "asked" {print $$1}' $(VMTEST)/kernels)
KUNIT	:= kunit-6.1 kunit-6.12
PARTS	:= static tools unit vmtest kunit selftests
# A benchmark is an executable; libraries beside it have an ending.
BENCHES	:= $(foreach file,$(wildcard tools/testing/bench/*),$(if \
	$(suffix $(file)),,$(if $(wildcard $(file)/.),,$(notdir $(file)))))
SOAKS	:= $(filter-out soak,$(foreach file,$(wildcard tools/testing/soak/*),$(if \
	$(suffix $(file)),,$(notdir $(file)))))
PREFIX	?= /usr/local
MINUTES	?= 60
KERNEL	?= stock-6.12
export JOBS ONLY MINUTES

all: tools modules

help:
	@echo 'all (default)     host programs and modules'
	@echo 'run               boot a stock guest with a bus of NVMe disks and show it work'
	@echo 'shell             console of a guest (KERNEL=stock-6.12)'
	@echo 'check             every check and test; JOBS=N at a time, ONLY=REGEX'
	@echo 'check-NAME        one part: $(PARTS)'
	@echo 'check-matrix      the core on every x86 kernel under every QEMU of Debian: hours'
	@echo 'bench             every benchmark, build/bench/*.json'
	@echo 'bench-NAME        one of: $(BENCHES)'
	@echo 'soak, fuzz        long runs (MINUTES=60)'
	@echo 'soak-NAME         one of: $(SOAKS)'
	@echo 'tools             build/bin: pvpcid, pvpcid-keep, pvpcictl; TESTDEV=n leaves the test model out'
	@echo 'modules           modules for $(KERNELS)'
	@echo 'modules-KERNEL    modules for one kernel, build/KERNEL/*.ko'
	@echo 'kernel-KERNEL     fetch one kernel; kunit-* are built from source'
	@echo 'install           programs and manual pages to DESTDIR/PREFIX (/usr/local)'
	@echo 'packages          Debian packages, build/packages/*.deb'
	@echo 'dependencies      install the Debian packages that all this needs'
	@echo 'install-modules   modules of the running kernel, where it looks for them'
	@echo 'htmldocs          all documents, build/html/index.html'
	@echo 'clean             remove what was built; downloads and kernels stay'
	@echo 'distclean         remove build/'

# What is missing here of Debian's packages: all, or one set of tools/testing/check/install.
dependencies:
	@tools/testing/check/install
dependencies-%:
	@tools/testing/check/install $*

modules: $(KERNELS:%=modules-%)
$(KERNELS:%=modules-%) $(ASKED:%=modules-%): modules-%: dependencies-modules
	@$(VMTEST)/modules $*
$(KUNIT:%=modules-%): modules-%: dependencies
	@$(VMTEST)/modules $*
$(KERNELS:%=kernel-%) $(ASKED:%=kernel-%): kernel-%: dependencies-modules
	@$(VMTEST)/kernel $*

tools: dependencies-tools
	@tools/testing/check/tools gcc

# A scenario of the benchmarks: boots, shows, measures, ends by itself.
run shell: dependencies-guests tools modules-$(KERNEL)
	@KERNEL=$(KERNEL) tools/testing/vmtest/$@

check: dependencies
	@tools/testing/check/check
$(PARTS:%=check-%) check-matrix: check-%: dependencies
	@tools/testing/check/check $*

# Processors of a guest side by side: tools/testing/vmtest/README.rst, --accel.
bench $(BENCHES:%=bench-%) soak $(SOAKS:%=soak-%): export VMTEST_ACCEL ?= auto-multi
bench $(BENCHES:%=bench-%) soak $(SOAKS:%=soak-%): dependencies
bench: $(BENCHES:%=bench-%)
$(BENCHES:%=bench-%): bench-%: tools modules
	@tools/testing/bench/$*
soak: tools modules
	@tools/testing/soak/soak
$(SOAKS:%=soak-%): soak-%: tools modules
	@tools/testing/soak/soak $*
fuzz: dependencies
	@$(MAKE) -C tools/testing/fuzz fuzz OUT=$(BUILD)/fuzz MINUTES=$(MINUTES)

install: tools dependencies-manual
	@$(MAKE) -s -C tools install OUT=$(BUILD)/bin PREFIX=$(PREFIX)
# Those for tests stay where they were built.
install-modules: dependencies-modules
	$(MAKE) -C $(or $(KDIR),/lib/modules/$(shell uname -r)/build) M=$(CURDIR) PVPCI_TESTS=n \
		modules modules_install

packages: dependencies-tools dependencies-manual dependencies-packages
	@tools/install/packages

htmldocs: dependencies-docs dependencies-modules
	@Documentation/htmldocs

# Kernels take minutes to fetch and build: distclean is for them.
clean:
	rm -rf $(foreach name,$(KERNELS) $(KUNIT) bin obj asan clang unit sparse check \
		vmtest initramfs kunit-run html htmldocs libpvpci.a,$(BUILD)/$(name))
distclean:
	rm -rf $(BUILD)

.PHONY: all help dependencies packages modules tools run shell check bench soak fuzz install
.PHONY: install-modules htmldocs clean distclean check-matrix $(PARTS:%=check-%) $(BENCHES:%=bench-%) $(SOAKS:%=soak-%)
.PHONY: $(KERNELS:%=modules-%) $(KUNIT:%=modules-%) $(KERNELS:%=kernel-%)
