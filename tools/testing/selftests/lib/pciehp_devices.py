# SPDX-License-Identifier: GPL-2.0
"""Host script of pciehp-devices.sh."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
import hotplug_cases as case
import hotplug_registers as registers
from hotplug import Cases, Guest, Qmp, Slots

# The same sources as another kernel's, in another flavour: cases that say nothing new
# there are left out. Any kernel that is not named here gets all.
FLAVOURS = ("cloud-6.1", "cloud-6.12", "arm64-6.1")
ON_FLAVOURS = [
    case.adds_and_removes, case.undisturbed, case.mounted_file_system,
    case.remove_during_add, case.nested_ports, case.no_complaint,
]
# A debug kernel takes many times longer: what stresses locks and lifetimes. Not the
# hand-back to pciehp and what runs beside it, because lockdep finds a circle in pciehp.
ON_DEBUG = [
    case.adds_and_removes, case.io_while_removed, case.remove_during_add,
    case.add_during_remove, case.surprise_removal, case.swapped_at_once, case.two_presses,
    case.delays_are_kept, case.power_attribute, case.reset_is_no_removal,
    registers.link_flap, case.error_on_the_shared_vector, case.suspend_and_resume,
    case.nested_ports, case.no_complaint,
]
IN_FULL = [
    case.adds_and_removes, case.larger_than_its_window, case.undisturbed,
    case.mounted_file_system, case.io_while_removed, case.remove_during_add,
    case.add_during_remove, case.surprise_removal, case.swapped_at_once, case.two_presses,
    case.delays_are_kept, case.power_attribute, case.reset_is_no_removal,
    registers.link_flap, case.error_on_the_shared_vector, case.tracepoints,
    case.suspend_and_resume, case.hand_back, case.nested_ports, case.no_complaint,
]


def main():
    guest, qmp = Guest(), Qmp()
    world = case.World(guest, qmp, Slots(guest, dict(case.SLOTS)))
    guest.sh("modprobe nvme; modprobe virtio_blk; modprobe virtio_pci; modprobe ext4; true")
    # This one stays. On packaged kernels it is there before the takeover; on debug
    # kernels pciehp may not add or remove anything, because lockdep finds a circle
    # in it (reset_lock and the rescan lock) and then says nothing more of ours.
    debug = os.environ["KERNEL"].startswith("kunit-")
    if debug:
        guest.sh("modprobe pciehp_pv")
    qmp.add("nvme", "cold", "rp3", serial="cold", drive=world.disk())
    world.slots.wait_driver("rp3", "nvme")
    if debug:
        guest.sh("rmmod pciehp_pv")
    cases = Cases(world.witness)
    flavour = os.environ["KERNEL"] in FLAVOURS
    chosen = ON_DEBUG if debug else ON_FLAVOURS if flavour else IN_FULL
    only = os.environ.get("ONLY_CASE")
    cases_here = [function for function in chosen
                  if not only or function.__name__ in only.split(",")]
    case.loaded(world, cases, cases_here)
    print("# " + "; ".join(line for line in guest.run(
        "dmesg | grep 'pciehp_pv.*taken over' | head -n 1")[1].splitlines()))
    cases.finish()


main()
