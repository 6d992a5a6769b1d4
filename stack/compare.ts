/**
 * `npm run compare -- FOLDER [--runners 3] [--nats current]`: replays a recording through a city of one process and through a city of
 * several, and compares what both have found out, row by row. Ends with 1 where a single row differs.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { Console, Effect, Layer } from "effect"
import { findMapping } from "../src/ingest/FindMapping.ts"
import { compareContents } from "./CompareContents.ts"
import { replayedByOne, replayedBySeveral } from "./ReplayedCities.ts"
import { commandLine, folderOf, natsVersionOf, refuse, runCommand, runnersOf } from "./StackCommand.ts"

const { positionals, values } = commandLine({
  allowPositionals: true,
  options: { runners: { type: "string", default: "3" }, nats: { type: "string", default: "debian" } }
})

const [folder = refuse("which recording? npm run compare -- FOLDER"), another] = positionals
if (another !== undefined) refuse(`${another} is one recording too many`)
const runners = runnersOf(values.runners)
const natsVersion = natsVersionOf(values.nats)

const program = Effect.gen(function*() {
  const mapping = yield* findMapping(folder).pipe(Effect.provide(Layer.mergeAll(NodeFileSystem.layer, NodePath.layer)))
  const below = yield* folderOf("compare")
  yield* Console.log(`\n${mapping.name}: through one process …`)
  const one = yield* replayedByOne(folder, below)
  yield* Console.log(`through ${runners} runners, JetStream, PostgreSQL and Redis …\n`)
  const several = yield* replayedBySeveral(folder, below, {
    runners,
    natsVersion,
    timeZone: mapping.timeZone
  })
  const comparisons = compareContents(one, several)
  for (const { added, example, missing, rows, what } of comparisons) {
    const mark = example === undefined ? "✓" : "✗"
    yield* Console.log(
      `  ${mark} ${what.padEnd(16)} ${String(rows).padStart(9)} rows, ${missing} missing, ${added} added`
    )
    if (example !== undefined) yield* Console.log(example)
  }
  yield* Console.log(`  events repeated in the log: ${one.repeatedEvents} and ${several.repeatedEvents}`)
  if (comparisons.some(({ example }) => example !== undefined)) return yield* Effect.fail(new Error("the two differ"))
  yield* Console.log("\n  The same, row by row.")
}).pipe(Effect.scoped)

runCommand(program)
