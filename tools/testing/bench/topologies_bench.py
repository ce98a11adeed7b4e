#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Host script of bench-topologies: samples.json in $OUT, {op: (values, unit)}."""
import json
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../selftests/lib"))
# pylint: disable=wrong-import-position
from topologies import FUNCTIONS, Bus, World


def rounds(add, remove, samples):
    """({"add": ..., "remove": ...}) in milliseconds; the first round is not counted: modules
    load and pages are touched."""
    added, removed = [], []
    for turn in range(samples + 1):
        took = add()
        # QEMU refuses a removal as long as the indicator blinks.
        time.sleep(0.3)
        gone = remove()
        time.sleep(0.3)
        if turn:
            added.append(took * 1e3)
            removed.append(gone * 1e3)
    return {"add": (added, "ms"), "remove": (removed, "ms")}


def main():
    world = World(os.environ["TOPOLOGY"])
    samples, way = int(os.environ["BENCH_SAMPLES"]), os.environ["WAY"]
    if os.environ["BENCH_MODULE"]:
        world.guest.sh("modprobe " + os.environ["BENCH_MODULE"])
    if way == "pvpci":
        bus = Bus(world)
        result = rounds(lambda: bus.add([0]), lambda: bus.remove(0), samples)
        bus.add(range(FUNCTIONS))
        result["slots"] = len(bus.devices()), "slots"
    else:
        result = rounds(lambda: world.add(0), lambda: world.remove(0), samples)
        # shpchp loses some of 31 removals at once, and one by one takes six minutes.
        result["slots"] = len(world.places) if way == "native" else world.fill(), "slots"
    result["buses"] = world.buses()[1] + 1, "n"
    with open(os.path.join(os.environ["OUT"], "samples.json"), "w", encoding="ascii") as file:
        json.dump(result, file)


main()
