/**
 * `npm run compare -- FOLDER [--runners 3] [--nats current]`: replays a recording through a city of one process and through a city of
 * several, and compares what both have found out, row by row. Ends with 1 where a single row differs.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Layer } from "effect"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { findMapping } from "../src/ingest/FindMapping.ts"
import { compareContents } from "./CompareContents.ts"
import { replayedByOne, replayedBySeveral } from "./ReplayedCities.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { runners: { type: "string", default: "3" }, nats: { type: "string", default: "debian" } }
})

const program = Effect.gen(function*() {
  const [folder] = positionals
  if (folder === undefined) return yield* Effect.die(new Error("which recording? npm run compare -- FOLDER"))
  const mapping = yield* findMapping(folder).pipe(Effect.provide(Layer.mergeAll(NodeFileSystem.layer, NodePath.layer)))
  const below = mkdtempSync(join(tmpdir(), "vicinity-compare-"))
  chmodSync(below, 0o755)
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(below, { recursive: true, force: true })))
  yield* Console.log(`\n${mapping.name}: through one process …`)
  const one = yield* replayedByOne(folder, below)
  yield* Console.log(`through ${values.runners} runners, JetStream, PostgreSQL and Redis …\n`)
  const several = yield* replayedBySeveral(folder, below, {
    runners: Number(values.runners),
    natsVersion: values.nats === "current" ? "nats-server-current" : "nats-server",
    timeZone: mapping.timeZone
  })
  const comparisons = compareContents(one, several)
  for (const { added, example, missing, rows, what } of comparisons) {
    const mark = example === undefined ? "✓" : "✗"
    yield* Console.log(`  ${mark} ${what.padEnd(16)} ${String(rows).padStart(9)} rows, ${missing} missing, ${added} added`)
    if (example !== undefined) yield* Console.log(example)
  }
  yield* Console.log(`  events repeated in the log: ${one.repeatedEvents} and ${several.repeatedEvents}`)
  if (comparisons.some(({ example }) => example !== undefined)) return yield* Effect.die(new Error("the two differ"))
  yield* Console.log("\n  The same, row by row.")
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)
