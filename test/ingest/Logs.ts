/** Real logs in a folder of their own for one test, and what is in them as plain values. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as FileLog from "../../src/adapters/embedded/FileLog.ts"
import * as FileRejectedLog from "../../src/adapters/embedded/FileRejectedLog.ts"
import { ObservationLog } from "../../src/ports/ShardedLog.ts"
import { noString } from "../../src/schemas/BatchLayout.ts"
import { BatchReader } from "../../src/schemas/BatchReader.ts"
import { type CommandRecord, decodeCommand } from "../../src/schemas/Commands.ts"
import { decodeTick, recordKind } from "../../src/schemas/Records.ts"
import { shards } from "../../src/schemas/Shards.ts"

/** A folder that is gone when the scope closes. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "vicinity-ingest-"))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
)

export const files = Layer.mergeAll(NodeFileSystem.layer, NodePath.layer)

/** Observation log and rejected log below a folder. */
export const logs = (folder: string, options: Partial<FileLog.FileLogOptions> = {}) =>
  Layer.merge(
    FileLog.observationLogLayer({
      folder: path.join(folder, "observations"),
      name: "observations",
      consumers: [],
      ...options
    }),
    FileRejectedLog.layer({ folder: path.join(folder, "rejected") })
  )

export interface ReadObservation {
  readonly sensorId: string
  readonly property: number
  readonly phenomenonTime: number
  readonly resultTime: number
  readonly result: number
  readonly district: string | undefined
  readonly location: readonly [number, number] | undefined
}
export interface ReadBatch {
  readonly kind: "batch"
  readonly receivedAt: number
  readonly source: string
  readonly producer: string
  readonly producerSequence: number
  readonly districtSetVersion: number
  readonly observations: ReadonlyArray<ReadObservation>
}
export type ReadRecord =
  | ReadBatch
  | { readonly kind: "tick"; readonly now: number }
  | { readonly kind: "command"; readonly command: CommandRecord }

/** The raw records of a shard, in order. */
export const payloads = Effect.fnUntraced(function*(shard: number) {
  const log = yield* ObservationLog
  const { last } = yield* log.bounds(shard)
  const feed = yield* log.subscribe(shard, { stream: log.identity.id, sequence: 0 })
  const found: Array<Uint8Array> = []
  while (found.length < last) {
    for (const { payload } of yield* feed.take(1 << 20)) found.push(Uint8Array.from(payload))
  }
  return found
}, Effect.scoped)

const reader = new BatchReader()

const readBatch = (payload: Uint8Array): ReadBatch => {
  reader.read(payload)
  const { districtSetVersion, f64, i32, producer, producerSequence, receivedAt, source, u16 } = reader
  const located = new Map(
    Array.from({ length: reader.l }, (_, i) => [
      u16[reader.locatedAt + i],
      [(i32[reader.lonAt + i] ?? 0) / 1e7, (i32[reader.latAt + i] ?? 0) / 1e7] as const
    ])
  )
  const observations = Array.from({ length: reader.n }, (_, i) => {
    const key = u16[reader.keyAt + i] ?? 0
    const district = u16[reader.districtAt + key] ?? noString
    return {
      sensorId: reader.string(u16[reader.sensorAt + key] ?? 0),
      property: u16[reader.propertyAt + key] ?? -1,
      phenomenonTime: reader.base + (i32[reader.timeAt + i] ?? 0),
      resultTime: reader.resultTimeAt < 0 ? NaN : f64[reader.resultTimeAt + i] ?? NaN,
      result: f64[reader.resultAt + i] ?? NaN,
      district: district === noString ? undefined : reader.string(district),
      location: located.get(i)
    }
  })
  return { kind: "batch", receivedAt, source, producer, producerSequence, districtSetVersion, observations }
}

export const readRecord = (payload: Uint8Array): ReadRecord => {
  const kind = recordKind(payload)
  if (kind === "tick") return { kind, now: decodeTick(payload) }
  return kind === "command" ? { kind, command: decodeCommand(payload) } : readBatch(payload)
}

/** The records of every shard that has any, by shard. */
export const allRecords = Effect.gen(function*() {
  const found = new Map<number, ReadonlyArray<ReadRecord>>()
  for (const shard of shards) {
    const records = (yield* payloads(shard)).map(readRecord)
    if (records.length > 0) found.set(shard, records)
  }
  return found
})

export const batchesOf = (records: Iterable<ReadonlyArray<ReadRecord>>): ReadonlyArray<ReadBatch> =>
  [...records].flat().filter((record) => record.kind === "batch")

/** Records of every shard as hexadecimal text. */
export const bytesOfShards = Effect.forEach(
  shards,
  (shard) => Effect.map(payloads(shard), (all) => all.map((payload) => Buffer.from(payload).toString("hex")))
)

/** What a shard machine applies: repeated batches and commands are dropped, and ticks that do not advance time. */
export const withoutRepeats = (records: ReadonlyArray<string>): ReadonlyArray<string> => {
  const seen = new Set<string>()
  let tick = 0
  return records.filter((hex) => {
    const record = readRecord(Uint8Array.from(Buffer.from(hex, "hex")))
    if (record.kind === "tick") {
      const isNew = record.now > tick
      tick = Math.max(tick, record.now)
      return isNew
    }
    const key = record.kind === "batch" ? `${record.producer} ${record.producerSequence}` : record.command.id
    const isNew = !seen.has(key)
    seen.add(key)
    return isNew
  })
}
