/** Responsible for the check that the processor has the instructions that sharp's prebuilt library needs. */
import { type Check, failure, passed, skipped } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

/** The last instructions of x86-64-v2, which sharp's library for x64 is compiled for (sharp, "Prebuilt binaries"). */
const NEEDED = "sse4_2"

/** See the head comment. */
export const processor: Check<LocalContext> = {
  name: "processor",
  probe: "read the features of the processor",
  applies: ({ system }) => system.arch === "x64" && system.platform === "linux",
  examine: ({ system }) => {
    const flags = system.processorFlags()
    if (!flags) return skipped("The features of the processor are not known here.")
    if (flags.has(NEEDED)) return passed("The processor has SSE 4.2, which sharp needs.")
    return failure({
      observation: "The processor, or the virtual machine, does not have SSE 4.2.",
      meaning: "sharp's library does not load, so nothing can be rendered.",
      fix: "Let the virtual machine pass the host's processor on (QEMU: -cpu host), or build libvips and sharp from source.",
    })
  },
}
