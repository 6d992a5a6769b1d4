/** What `vicinity doctor` looks at wherever logs and stores are, and how it says what it found. */
import { Console, Context, Data, Effect, Exit } from "effect"
import { EventLog } from "../ports/EventLog.ts"
import { RejectedLog } from "../ports/RejectedLog.ts"
import { type LogUsage, ObservationLog, PartialsLog, type ShardedLog } from "../ports/ShardedLog.ts"
import { ShardStore, type StageName } from "../ports/ShardStore.ts"
import { shards } from "../schemas/Shards.ts"

/** Something is wrong; everything was said already. */
export class Unwell extends Data.TaggedError("Unwell")<{ readonly findings: number }> {
  override get message(): string {
    return `${this.findings} ${this.findings === 1 ? "thing needs" : "things need"} attention`
  }
}

export const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`

const sentence = (error: unknown): string => error instanceof Error ? error.message : String(error)

/** Runs a check and prints what it found; counts a failure. */
export const makeChecks = () => {
  const findings: Array<string> = []
  const check = <A, E, R>(what: string, effect: Effect.Effect<A, E, R>, well: (value: A) => string) =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(effect)
      if (Exit.isSuccess(exit)) {
        yield* Console.log(`  ✓ ${what}: ${well(exit.value)}`)
        return exit.value
      }
      const found = sentence(yield* Effect.flip(Effect.failCause(exit.cause)).pipe(Effect.catchDefect(Effect.succeed)))
      findings.push(what)
      yield* Console.log(`  ✗ ${what}: ${found}`)
      return undefined
    })
  return { check, findings }
}

export type Check = ReturnType<typeof makeChecks>["check"]

/** Positions of all shards of a stage against its log; fails naming those that cannot start. */
const positions = Effect.fnUntraced(function*(stage: StageName, log: ShardedLog) {
  const store = yield* ShardStore
  const refused: Array<string> = []
  let behind = 0
  for (const shard of shards) {
    const snapshot = yield* store.load(stage, shard)
    const position = snapshot?.position ?? { stream: log.identity.id, sequence: 0 }
    const honoured = yield* Effect.exit(Effect.scoped(log.subscribe(shard, position)))
    if (Exit.isFailure(honoured)) {
      refused.push(sentence(yield* Effect.flip(Effect.failCause(honoured.cause))))
    } else behind += (yield* log.bounds(shard)).last - position.sequence
  }
  if (refused.length > 0) {
    return yield* Effect.fail(
      new Error(
        `${refused.length} of ${shards.length} shards cannot start: ${
          refused.slice(0, 3).join("; ")
        }. State and log do not `
          + "belong together: restore both from the same backup, or move the data folder away and start anew"
      )
    )
  }
  return behind
})

const used = ({ bytes, limitBytes, segments }: LogUsage): string =>
  `${gib(bytes)}${Number.isFinite(limitBytes) ? ` of ${gib(limitBytes)}` : ""} in ${segments} segments`

/** Each stage and the log it reads. */
const stagesOf = (logs: Context.Context<ObservationLog | PartialsLog>) => [
  { stage: "sensor" as const, title: "observation log", log: Context.get(logs, ObservationLog) },
  { stage: "district" as const, title: "partials log", log: Context.get(logs, PartialsLog) }
]

/** Sizes of the logs, whether every shard can start, what is kept of events and of bad input. */
export const examineLogs = Effect.fnUntraced(function*(
  check: Check,
  logged: Context.Context<ObservationLog | PartialsLog | EventLog | RejectedLog>,
  stored: Context.Context<ShardStore> | undefined
) {
  for (const { log, stage, title } of stagesOf(logged)) {
    yield* check(title, log.usage, used)
    if (stored === undefined) continue
    yield* check(
      `shards of the ${stage} stage`,
      positions(stage, log).pipe(Effect.provide(stored)),
      (behind) => `all ${shards.length} can start, ${behind} records to replay`
    )
  }
  const events = Context.get(logged, EventLog)
  yield* check(
    "events",
    Effect.all({ bounds: events.bounds, usage: events.usage }),
    ({ bounds, usage }) => `${used(usage)}; ${bounds.last - bounds.first + 1} kept, the newest at ${bounds.last}`
  )
  yield* check(
    "rejected input",
    Context.get(logged, RejectedLog).counts,
    ({ byReason, total }) =>
      total === 0
        ? "none"
        : `${total} kept (${Object.entries(byReason).map(([reason, n]) => `${reason} ${n}`).join(", ")})`
  )
})
