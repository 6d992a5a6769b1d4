/**
 * For `node --import`: the wall clock of this process differs from that of the machine by as many milliseconds as a file says, which is read
 * at the start and at each SIGUSR2. The monotonic clock goes on as it was, as where an administrator sets a clock.
 */
import { readFileSync } from "node:fs"

const file = new URL(import.meta.url).searchParams.get("file") ?? ""
const Machine = Date
let shiftMillis = 0

const read = (): void => {
  shiftMillis = Number(readFileSync(file, "utf8"))
}

class ShiftedDate extends Machine {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Machine
  }
  static override now(): number {
    return Machine.now() + shiftMillis
  }
  constructor(...given: ReadonlyArray<unknown>) {
    const args = given.length === 0 ? [ShiftedDate.now()] : given
    super(...args as [number])
  }
}

read()
process.on("SIGUSR2", read)
globalThis.Date = ShiftedDate as DateConstructor
