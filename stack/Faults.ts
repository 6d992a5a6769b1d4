/** What is done to a running city. */
import { Effect, type Scope } from "effect"
import type { Attendance } from "./Attendance.ts"
import type { RoleProcess } from "./RoleProcess.ts"
import { type LinkedServer, linkedServers } from "./RunnerLinks.ts"
import type { Stack } from "./Stack.ts"
import type { LineState } from "./TcpProxy.ts"
import { setClock } from "./WrongClock.ts"

const badLines = ["cut", "slow", "half-open"] as const satisfies ReadonlyArray<LineState>
type BadLine = (typeof badLines)[number]
type LinkFault = `${LinkedServer} link ${BadLine}`

export const faultKinds = [
  "runner killed",
  "ingest killed",
  "nats-server killed",
  "nats-server frozen",
  "redis killed",
  "postgres restarted",
  "runner frozen",
  ...linkedServers.flatMap((server) => badLines.map((state): LinkFault => `${server} link ${state}`)),
  "ingest clock wrong",
  "rolling restart",
  "scaled out and in"
] as const
export type FaultKind = (typeof faultKinds)[number]

/** Longer than the lease of a runner. */
const frozenFor = "9 seconds"
const serverFrozenFor = "6 seconds"
const awayFor = "2 seconds"
const lineBadMillis: Readonly<Record<BadLine, number>> = { cut: 5_000, slow: 10_000, "half-open": 12_000 }
const clockWrongFor = "12 seconds"
const clockWrongByMillis = 3_600_000
const servesFor = "6 seconds"

export interface Inflicted {
  readonly stack: Stack
  readonly attendance: Attendance
  readonly random: () => number
  /** To whom it happened, for people. */
  readonly say: (line: string) => Effect.Effect<void>
}

type Killable = Pick<RoleProcess, "kill" | "start">

const killed = ({ kill, start }: Killable) => kill.pipe(Effect.andThen(Effect.sleep("1 second")), Effect.andThen(start))

const oneOf = <A>(many: ReadonlyArray<A>, random: () => number): A => many[Math.floor(random() * many.length)] as A

/** Succeeds when it is over, which may leave the city some work. */
export const inflict = (
  kind: FaultKind,
  { attendance, random, say, stack }: Inflicted
): Effect.Effect<void, never, Scope.Scope> => {
  const runner = oneOf(stack.runners, random)
  const ingest = oneOf(stack.ingests, random)
  const toOne = (process: RoleProcess, change: Effect.Effect<void>) =>
    Effect.andThen(say(process.name), attendance.excuse(process, change))
  switch (kind) {
    case "runner killed":
      return toOne(runner, killed(runner))
    case "ingest killed":
      return toOne(ingest, killed(ingest))
    case "nats-server killed":
      return killed(stack.nats)
    case "nats-server frozen":
      return stack.nats.freeze.pipe(Effect.andThen(Effect.sleep(serverFrozenFor)), Effect.andThen(stack.nats.thaw))
    case "redis killed":
      return killed(stack.redis)
    case "postgres restarted":
      return stack.postgres.stop.pipe(
        Effect.andThen(Effect.sleep(awayFor)),
        Effect.andThen(Effect.orDie(stack.postgres.start))
      )
    case "runner frozen":
      return toOne(runner, runner.freeze.pipe(Effect.andThen(Effect.sleep(frozenFor)), Effect.andThen(runner.thaw)))
    case "ingest clock wrong":
      return clockWrong(ingest, random, say)
    case "rolling restart":
      return Effect.forEach(
        stack.runners,
        (each) => attendance.excuse(each, Effect.andThen(each.stop, Effect.andThen(each.start, each.ready))),
        { discard: true }
      )
    case "scaled out and in":
      return attendance.oneMore(({ ready }) => Effect.andThen(ready, Effect.sleep(servesFor)))
    default:
      return Effect.andThen(say(runner.name), badLine(kind, stack, runner))
  }
}

const badLine = (kind: LinkFault, { links }: Stack, runner: RoleProcess) =>
  Effect.gen(function*() {
    const server = linkedServers.find((name) => kind.startsWith(name))
    const state = badLines.find((name) => kind.endsWith(name))
    const line = server === undefined ? undefined : links.get(runner)?.[server]
    if (state === undefined || line === undefined) {
      return yield* Effect.die(new Error(`${kind}: ${runner.name} has no such line`))
    }
    yield* line.set(state)
    yield* Effect.sleep(lineBadMillis[state])
    yield* line.set("whole")
  })

const clockWrong = (ingest: RoleProcess, random: () => number, say: Inflicted["say"]) =>
  Effect.gen(function*() {
    const aheadMillis = random() < 0.5 ? clockWrongByMillis : -clockWrongByMillis
    yield* say(`${ingest.name} is an hour ${aheadMillis > 0 ? "ahead" : "behind"}`)
    yield* setClock(ingest, aheadMillis)
    yield* Effect.sleep(clockWrongFor)
    yield* setClock(ingest, 0)
  })
