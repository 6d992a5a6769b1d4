/**
 * A city of several processes under load, to which something is done every so often, and what the oracle says of it in the end. Promise:
 * the same seed does the same things in the same order.
 */
import { Effect, Fiber } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { caughtUp } from "./CaughtUp.ts"
import { ChaosLoad } from "./ChaosLoad.ts"
import { Attendance, type FaultKind, faultKinds, inflict } from "./Faults.ts"
import { judge } from "./Oracle.ts"
import { randomNumbers } from "./Random.ts"
import type { RoleProcess } from "./RoleProcess.ts"
import { openStack, type StackOptions } from "./Stack.ts"

export interface ChaosOptions extends Pick<StackOptions, "folder" | "natsVersion"> {
  readonly seed: number
  readonly runners: number
  readonly rate: number
  readonly datastreams: number
  /** From one to the next. */
  readonly pauseMillis: number
  /** What is done, in this order. */
  readonly faults: ReadonlyArray<FaultKind>
  readonly say: (line: string) => Effect.Effect<void>
}

/** Windows close while the run lasts, and none of them is dropped. */
const args = ["--lateness", "*=20 seconds", "--minute-retention", "never", "--commit-interval", "3 seconds"]

/** Twice the commit interval: then everything that was applied is stored, also where a runner has to be killed. */
const committedMillis = 6_000
const stopMillis = 20_000

/** Told to stop, and killed where it does not: then it is named. */
const stopped = (runner: RoleProcess, stuck: Array<string>) =>
  Effect.gen(function*() {
    const stop = yield* Effect.forkChild(runner.stop)
    for (let waited = 0; runner.isRunning() && waited < stopMillis; waited += 100) yield* Effect.sleep(100)
    if (runner.isRunning()) {
      stuck.push(runner.name)
      yield* runner.kill
    }
    yield* Fiber.join(stop)
  })

/** Every kind comes once before one comes again. */
export const drawnFaults = (seed: number, count: number): ReadonlyArray<FaultKind> => {
  const random = randomNumbers(seed)
  const drawn: Array<FaultKind> = []
  let left: Array<FaultKind> = []
  while (drawn.length < count) {
    if (left.length === 0) left = [...faultKinds]
    drawn.push(...left.splice(Math.floor(random() * left.length), 1))
  }
  return drawn
}

/** Commits that were refused because another runner had the shard, as the runners have written it down. */
const staleWrites = (folder: string, runners: ReadonlyArray<{ readonly name: string }>): number =>
  runners.reduce((sum, { name }) => {
    const text = readFileSync(join(folder, "logs", `${name}.log`), "utf8")
    return sum + text.split("is no longer the newest").length - 1
  }, 0)

/** The servers run on until the scope closes, and what is in them may be judged again. */
export const chaosRun = Effect.fnUntraced(function*(options: ChaosOptions) {
  const { datastreams, faults, folder, pauseMillis, rate, say, seed } = options
  const stack = yield* openStack({ ...options, args, sourceArgs: ["--source", "none"] })
  const random = randomNumbers(seed + 1)
  const attendance = new Attendance()
  const processes = [...stack.runners, stack.ingest, stack.api]
  const watch = yield* Effect.forkChild(attendance.watch(processes))
  const load = new ChaosLoad({
    seed,
    rate,
    datastreams,
    millis: (faults.length + 1) * pauseMillis,
    ingest: stack.ingest.url,
    api: stack.api.url
  })
  yield* Effect.sleep(pauseMillis)
  for (const kind of faults) {
    const until = Date.now() + pauseMillis
    yield* say(`${kind}; ${load.total} observations are acknowledged`)
    load.after = kind
    yield* inflict(kind, stack, attendance, random)
    yield* Effect.sleep(Math.max(0, until - Date.now()))
  }
  yield* say("the load stops, the city comes to rest")
  yield* Effect.promise(() => load.stop())
  yield* caughtUp(stack.runners.map(({ url }) => url))
  yield* Fiber.interrupt(watch)
  yield* Effect.sleep(committedMillis)
  yield* stack.ingest.stop
  const stuck: Array<string> = []
  yield* Effect.forEach(stack.runners, (runner) => stopped(runner, stuck), { concurrency: "unbounded" })
  yield* say("the oracle reads the logs")
  const servers = { natsUrl: stack.nats.url, postgresUrl: stack.postgres.url }
  const judged = yield* judge(servers, load.acknowledged)
  const { restarts } = attendance
  return { servers, load, faults, judged, restarts, stuck, staleWrites: staleWrites(folder, stack.runners) }
})

export type ChaosRun = Effect.Success<ReturnType<typeof chaosRun>>
