# SPDX-License-Identifier: GPL-2.0
#
# The host that lies (tools/testing/sim), against a guest in the same process.
#
#	make -C tools/testing/unit -f sim.mk check [CC=clang] [SANITIZE=...] [OUT=DIR]

OUT	?= ../../../build
override OUT := $(abspath $(OUT))

check:
	@$(MAKE) -s -C ../sim OUT=$(abspath $(OUT)) CC="$(CC)" SANITIZE="$(SANITIZE)" test

.PHONY: check
