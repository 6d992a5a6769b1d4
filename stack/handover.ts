/**
 * `npm run handover [-- --nats current]`: restarts every runner of a city of three, one by one, adds two more and takes them away again, all
 * under load; prints how long each step took and how long questions waited meanwhile. Ends with 1 where a question failed twice or
 * anything acknowledged is not in the state.
 */
import { Console, Effect } from "effect"
import { caughtUp } from "./CaughtUp.ts"
import { Load } from "./Load.ts"
import type { RoleProcess } from "./RoleProcess.ts"
import { openStack } from "./Stack.ts"
import { commandLine, folderOf, natsVersionOf, runCommand } from "./StackCommand.ts"

const { values } = commandLine({ options: { nats: { type: "string", default: "debian" } } })
const natsVersion = natsVersionOf(values.nats)

const seconds = (millis: number): string => `${(millis / 1_000).toFixed(2)} s`

/** Runs a step and prints how long it took, and the longest and 99th percentile of the waits of questions until a little later. */
const step = Effect.fnUntraced(function*<A, E, R>(load: Load, what: string, change: Effect.Effect<A, E, R>) {
  load.waits = []
  const retried = load.retried
  const begun = performance.now()
  const value = yield* change
  const took = performance.now() - begun
  yield* Effect.sleep("3 seconds")
  const waits = load.waits.toSorted((a, b) => a - b)
  const p99 = waits[Math.floor(waits.length * 0.99)] ?? 0
  yield* Console.log(
    `  ${what.padEnd(34)} ${seconds(took).padStart(8)}   ${String(waits.length).padStart(5)} questions, `
      + `p99 ${seconds(p99)}, longest ${seconds(waits.at(-1) ?? 0)}, ${load.retried - retried} asked twice`
  )
  return value
})

const restart = ({ ready, start, stop }: RoleProcess) => Effect.andThen(stop, Effect.andThen(start, ready))

const program = Effect.gen(function*() {
  const folder = yield* folderOf("handover")
  yield* Console.log("\nA city of three runners under load …\n")
  const stack = yield* openStack({ folder, runners: 3, natsVersion })
  const load = new Load(() => stack.ingest.url, () => stack.api.url)
  yield* step(load, "nothing happens", Effect.sleep("3 seconds"))
  for (const runner of stack.runners) {
    yield* step(load, `${runner.name} is told to stop`, runner.stop)
    yield* step(load, `${runner.name} is back and ready`, Effect.andThen(runner.start, runner.ready))
  }
  const more: Array<RoleProcess> = []
  for (const number of [4, 5]) {
    more.push(
      yield* step(
        load,
        `runner-${number} joins`,
        Effect.tap(stack.newRunner(number), ({ ready }) => ready)
      )
    )
  }
  for (const runner of more) yield* step(load, `${runner.name} leaves`, runner.stop)
  yield* step(load, "ingest is restarted", restart(stack.ingest))
  yield* Effect.promise(() => load.stop())
  const inState = yield* caughtUp(stack.runners.map(({ url }) => url))
  yield* Console.log(
    `\n  ${load.asked} questions: ${load.retried} asked twice, ${load.failed.length} failed\n`
      + `  ${load.acknowledged} observations acknowledged, ${inState} in the state, ${load.refused.length} requests refused and sent anew`
  )
  if (load.failed.length > 0) return yield* Effect.fail(new Error("questions failed twice"))
  if (inState < load.acknowledged) return yield* Effect.fail(new Error("acknowledged observations are missing"))
}).pipe(Effect.scoped)

runCommand(program)
