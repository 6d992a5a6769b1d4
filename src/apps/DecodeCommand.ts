/**
 * `vicinity decode`: prints records of a log of a stopped city as JSON, one a line, so that nothing in a log is a secret of the
 * program that wrote it: observations, partials and events. What cannot be read is printed with the reason and its bytes.
 */
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { existsSync } from "node:fs"
import * as FileEventLog from "../adapters/embedded/FileEventLog.ts"
import * as FileLog from "../adapters/embedded/FileLog.ts"
import type { LogRecord, ShardedLog } from "../ports/ShardedLog.ts"
import { recordJson } from "../schemas/RecordJson.ts"
import { shardCount, shards } from "../schemas/Shards.ts"
import { dataPaths } from "./DataPaths.ts"
import { SettingInvalid } from "./SettingValues.ts"

const takeBytes = 1024 * 1024

const line = (shard: number, { payload, sequence }: LogRecord): string => {
  try {
    return JSON.stringify({ shard, sequence, ...recordJson(payload) })
  } catch (error) {
    const damaged = error instanceof Error ? error.message : String(error)
    return JSON.stringify({ shard, sequence, damaged, bytes: Buffer.from(payload).toString("base64") })
  }
}

/** Prints the records of a shard from a sequence, at most `limit`. */
const printShard = Effect.fnUntraced(function*(log: ShardedLog, shard: number, from: number, limit: number) {
  const { first, last } = yield* log.bounds(shard)
  let after = Math.max(first, from) - 1
  const until = Math.min(last, after + limit)
  const feed = yield* log.subscribe(shard, { stream: log.identity.id, sequence: after })
  while (after < until) {
    for (const record of yield* feed.take(takeBytes)) {
      if (record.sequence > until) return
      after = record.sequence
      yield* Console.log(line(shard, record))
    }
  }
}, Effect.scoped)

/** Prints events from a position, at most `limit`. */
const printEvents = Effect.fnUntraced(function*(folder: string, from: number, limit: number) {
  const log = yield* FileEventLog.make({ folder })
  const { first, last } = yield* log.bounds
  let after = Math.max(first, from) - 1
  const until = Math.min(last, after + limit)
  const feed = yield* log.subscribe({ stream: log.stream, sequence: after })
  while (after < until) {
    for (const { json, position } of yield* feed.take(takeBytes)) {
      if (position > until) return
      after = position
      yield* Console.log(JSON.stringify({ position, event: JSON.parse(new TextDecoder().decode(json)) }))
    }
  }
})

const printRecords = Effect.fnUntraced(function*(
  name: "observations" | "partials",
  folder: string,
  shard: number,
  from: number,
  limit: number
) {
  const log = yield* FileLog.make({ folder, name, consumers: name === "observations" ? ["sensor"] : ["district"] })
  for (const each of shard === 0 ? shards : [shard]) yield* printShard(log, each, from, limit)
})

const flags = {
  data: Flag.String("data").pipe(
    Flag.withMetavar("FOLDER"),
    Flag.withDescription("Data folder of the city, which must not be running"),
    Flag.withDefault(".vicinity")
  ),
  log: Flag.Literals("log", ["observations", "partials", "events"]).pipe(
    Flag.withDescription("Which log"),
    Flag.withDefault("observations" as const)
  ),
  shard: Flag.Int("shard").pipe(
    Flag.withDescription(`Shard, 1 to ${shardCount}; 0 for all. Events have none`),
    Flag.withDefault(0)
  ),
  from: Flag.Int("from").pipe(
    Flag.withDescription("First sequence of each shard, or position of the events"),
    Flag.withDefault(1)
  ),
  limit: Flag.Int("limit").pipe(Flag.withDescription("Records of each shard at most"), Flag.withDefault(10))
}

export const decodeCommand = Command.make(
  "decode",
  flags,
  ({ data, from, limit, log: name, shard }) =>
    Effect.gen(function*() {
      const folder = dataPaths(data)[name]
      if (!existsSync(folder)) {
        return yield* new SettingInvalid({
          setting: "--data",
          value: data,
          expected: "a folder in which a city has run"
        })
      }
      if (shard < 0 || shard > shardCount) {
        return yield* new SettingInvalid({ setting: "--shard", value: String(shard), expected: `0 to ${shardCount}` })
      }
      return yield* name === "events"
        ? printEvents(folder, from, limit)
        : printRecords(name, folder, shard, from, limit)
    }).pipe(Effect.scoped)
)
  .pipe(
    Command.withDescription("Print records of a log as JSON, one a line"),
    Command.withExamples([
      { command: "vicinity decode --shard 7 --limit 100", description: "The first hundred records of shard 7" },
      { command: "vicinity decode --log partials", description: "What the sensor stage gave to districts" },
      { command: "vicinity decode --log events --from 1000", description: "Ten events from a position on" }
    ])
  )
