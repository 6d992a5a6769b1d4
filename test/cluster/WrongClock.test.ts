/** A process whose wall clock is set while it runs: everything that tells the time in it says so, and spans stay what they are. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { clockArgs, setClock } from "../../stack/WrongClock.ts"
import { temporaryFolder } from "../PostgresForTests.ts"

const hourMillis = 3_600_000

/** Tells the time whenever it is asked. */
const program = `
  import { Clock, Effect } from "effect"
  process.stdin.on("data", () => {
    const clocks = [Clock.currentTimeMillis, Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1_000_000n))]
    const wall = [Date.now(), new Date().getTime(), ...clocks.map((clock) => Effect.runSync(clock))]
    const monotonic = Number(Effect.runSync(Clock.monotonicTimeNanos) / 1_000_000n)
    console.log(JSON.stringify({ wall, monotonic, isDate: new Date() instanceof Date, epoch: new Date(0).toISOString() }))
  })
`

interface Told {
  readonly wall: ReadonlyArray<number>
  readonly monotonic: number
  readonly isDate: boolean
  readonly epoch: string
}

describe("a wrong clock", () => {
  it.live("is what Effect and Date tell, is as wrong after a restart, and is right again when it is set right", () =>
    Effect.gen(function*() {
      const logFile = join(yield* temporaryFolder, "x.log")
      const args = clockArgs(logFile)
      const opened = Effect.acquireRelease(
        Effect.sync(() =>
          spawn(process.execPath, [...args, "--input-type=module", "-e", program], {
            stdio: ["pipe", "pipe", "inherit"]
          })
        ),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
      /** A signal arrives a moment later. */
      const ask = (child: Effect.Success<typeof opened>, hours: number) =>
        Effect.promise(async () => {
          while (true) {
            child.stdin.write("?")
            const [line] = await once(child.stdout, "data")
            const told = JSON.parse(String(line)) as Told
            const now = Date.now()
            const hoursAhead = told.wall.map((each) => Math.round((each - now) / hourMillis) + 0)
            if (hoursAhead[0] === hours) return { ...told, hoursAhead }
          }
        })
      const child = yield* opened
      const signal = (name: NodeJS.Signals) => Effect.sync(() => child.kill(name))

      const before = yield* ask(child, 0)
      yield* setClock({ logFile, signal }, hourMillis)
      const ahead = yield* ask(child, 1)
      yield* setClock({ logFile, signal }, -hourMillis)
      const behind = yield* ask(child, -1)
      const restarted = yield* ask(yield* opened, -1)
      yield* setClock({ logFile, signal }, 0)
      const after = yield* ask(child, 0)

      assert.deepStrictEqual(
        [before, ahead, behind, restarted, after].map(({ hoursAhead }) => hoursAhead),
        [0, 1, -1, -1, 0].map((hours) => [hours, hours, hours, hours])
      )
      assert.isTrue(ahead.isDate)
      assert.strictEqual(ahead.epoch, "1970-01-01T00:00:00.000Z")
      assert.isBelow(Math.abs(ahead.monotonic - before.monotonic), hourMillis / 2)
    }).pipe(Effect.scoped))
})
