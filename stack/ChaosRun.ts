/**
 * A city of several processes under load, to which something is done every so often, and what the oracle says of it in the end. Promise:
 * the same seed does the same things in the same order.
 */
import { Effect, Fiber, Option } from "effect"
import { readFileSync } from "node:fs"
import { Attendance } from "./Attendance.ts"
import { caughtUp } from "./CaughtUp.ts"
import { ChaosLoad } from "./ChaosLoad.ts"
import { chaosSensor } from "./ChaosObservations.ts"
import { type FaultKind, faultKinds, inflict } from "./Faults.ts"
import { liveAnswers } from "./LiveAnswers.ts"
import { judge } from "./Oracle.ts"
import { randomNumbers } from "./Random.ts"
import type { RoleProcess } from "./RoleProcess.ts"
import { sabotageArgs, type SabotageName } from "./Sabotages.ts"
import { ShardProbes } from "./ShardProbes.ts"
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
  /** What is wrong with the processes, on purpose. */
  readonly sabotage?: SabotageName | undefined
  readonly say: (line: string) => Effect.Effect<void>
}

/** When it was begun, in milliseconds of `performance.now()`. */
export interface Fault {
  readonly kind: FaultKind
  readonly begunAt: number
}

/** Windows close while the run lasts, and none of them is dropped. */
const args = ["--lateness", "*=20 seconds", "--minute-retention", "never", "--commit-interval", "3 seconds"]
const ingests = 2

/** Twice the commit interval: then everything that was applied is stored, also where a runner has to be killed. */
const committedMillis = 6_000
const stopMillis = 20_000
/** How long the city may work off what is left when the load stops; one with a fault in it may never be done. */
const restSeconds = { whole: 300, sabotaged: 45 } as const

/** Told to stop, and killed where it does not: then it is named. */
const stopped = (runner: RoleProcess, stuck: Array<string>) =>
  Effect.gen(function*() {
    const stop = yield* Effect.forkChild(runner.stop)
    for (let waited = 0; runner.isRunning() && waited < stopMillis; waited += 100) yield* Effect.sleep(100)
    if (runner.isRunning()) yield* runner.kill
    if ((yield* Fiber.join(stop)) !== 0) stuck.push(runner.name)
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

/**
 * Commits that were refused because another runner had the shard, as the runners have written it down: what they count goes with a process
 * that is killed, what they write stays.
 */
const staleWrites = (runners: ReadonlyArray<RoleProcess>): number =>
  runners.reduce(
    (sum, { logFile }) => sum + readFileSync(logFile, "utf8").split("a stale write was refused").length - 1,
    0
  )

/** One after the other, while the load goes on. */
const inflictAll = Effect.fnUntraced(function*(
  { faults, pauseMillis, say, seed }: ChaosOptions,
  attendance: Attendance,
  stack: Effect.Success<ReturnType<typeof openStack>>,
  load: ChaosLoad
) {
  const random = randomNumbers(seed + 1)
  const inflicted: Array<Fault> = []
  yield* Effect.sleep(pauseMillis)
  for (const kind of faults) {
    const begunAt = performance.now()
    inflicted.push({ kind, begunAt })
    yield* say(`${kind}; ${load.acknowledged.total} observations are acknowledged`)
    yield* inflict(kind, { stack, attendance, random, say: (who) => say(`  ${who}`) })
    yield* Effect.sleep(Math.max(0, begunAt + pauseMillis - performance.now()))
  }
  return inflicted
})

/** The servers run on until the scope closes, and what is in them may be judged again. */
export const chaosRun = Effect.fnUntraced(function*(options: ChaosOptions) {
  const { faults, pauseMillis, sabotage, say } = options
  const nodeArgs = sabotage === undefined ? [] : sabotageArgs(sabotage)
  const stack = yield* openStack({
    ...options,
    args,
    nodeArgs,
    ingests,
    isFragile: true,
    sourceArgs: ["--source", "none"]
  })
  const attendance = new Attendance(stack)
  // Ends before the processes do, or it would start them again.
  const watch = yield* Effect.forkScoped(attendance.watch)
  const load = yield* Effect.promise(() =>
    ChaosLoad.begin({
      ...options,
      millis: (faults.length + 1) * pauseMillis,
      ingests: stack.ingests.map(({ url }) => url),
      natsUrl: stack.nats.url
    })
  )
  const probes = new ShardProbes(stack.api.url, chaosSensor)
  const inflicted = yield* inflictAll(options, attendance, stack, load)
  yield* say("the load stops, the city comes to rest")
  yield* Effect.promise(() => probes.stop())
  yield* Effect.promise(() => load.stop())
  const restWithinSeconds = sabotage === undefined ? restSeconds.whole : restSeconds.sabotaged
  const rest = yield* Effect.promise((signal) => load.taken(signal)).pipe(
    Effect.andThen(caughtUp(stack.runners.map(({ url }) => url))),
    Effect.timeoutOption(`${restWithinSeconds} seconds`)
  )
  const live = Option.isSome(rest) ? yield* liveAnswers(stack.api.url) : undefined
  yield* Fiber.interrupt(watch)
  yield* Effect.sleep(committedMillis)
  yield* Effect.forEach(stack.ingests, ({ stop }) => stop, { concurrency: "unbounded" })
  const stuck: Array<string> = []
  yield* Effect.forEach(stack.runners, (runner) => stopped(runner, stuck), { concurrency: "unbounded" })
  yield* say("the oracle reads the logs")
  const servers = { natsUrl: stack.nats.url, postgresUrl: stack.postgres.url }
  const judged = yield* judge(servers, load.acknowledged.byShard, live)
  const { restarts, runners } = attendance
  return {
    servers,
    live,
    load,
    faults: inflicted,
    probes,
    judged,
    restarts,
    stuck,
    isAtRest: Option.isSome(rest),
    restWithinSeconds,
    staleWrites: staleWrites(runners)
  }
})

export type ChaosRun = Effect.Success<ReturnType<typeof chaosRun>>
