/**
 * A shard of sensors fed by hand, and what a store would hold of it: the newest of each part that `changes` gave. Parts come
 * back as slices of larger buffers, as a database driver gives them.
 */
import { SensorShard } from "../../src/actors/SensorStage.ts"
import { WordWriter } from "../../src/analytics/WordWriter.ts"
import type { AnomalyRow, NewDatastream, SensorRow, ShardSnapshot } from "../../src/ports/ShardStore.ts"
import { BatchWriter } from "../../src/schemas/BatchWriter.ts"
import { type Command, encodeCommand } from "../../src/schemas/Commands.ts"
import { EpochMillis } from "../../src/schemas/Quantities.ts"
import { encodeTick } from "../../src/schemas/Records.ts"

export interface Sent {
  readonly sensorId: string
  readonly property: number
  readonly time: number
  readonly resultTime?: number | undefined
  readonly result: number
  readonly district?: string | undefined
  readonly location?: readonly [number, number] | undefined
}

export interface BatchOptions {
  readonly receivedAt: number
  readonly producer?: string
  readonly producerSequence?: number
  readonly source?: string
}

let batches = 0

/** A batch of its own producer unless it says another. */
export const batchOf = (observations: ReadonlyArray<Sent>, options: BatchOptions): Uint8Array => {
  const writer = new BatchWriter()
  for (const { district, location, property, result, resultTime, sensorId, time } of observations) {
    writer.add(sensorId, property, time, resultTime ?? NaN, result, district, location)
  }
  return writer.take({
    source: "http",
    producer: `once-${++batches}`,
    producerSequence: 1,
    districtSetVersion: 0,
    ...options
  })
}

export const tickAt = encodeTick
export const commandOf = (id: string, command: Command): Uint8Array =>
  encodeCommand({ id, issuedAt: EpochMillis.make(0), command })

/** A sealed window, as a row. */
export interface Row {
  readonly slot: number
  readonly size: number
  readonly start: number
  readonly count: number
  readonly mean: number
  readonly variance: number
  readonly min: number
  readonly max: number
  readonly last: number
}

/** A late observation, as a row. */
export interface LateRow {
  readonly slot: number
  readonly time: number
  readonly resultTime: number | undefined
  readonly result: number
  readonly receivedAt: number
}

/** The hot state of a group of slots, as bytes of its own. */
export const groupBytes = (shard: SensorShard, group: number): Uint8Array => {
  const writer = new WordWriter()
  shard.writeGroup(group, writer)
  return writer.take()
}

const asDriverGives = (bytes: Uint8Array): Uint8Array => Buffer.concat([Buffer.from("head"), bytes]).subarray(4)

export class StoredShard {
  shard = new SensorShard(7, undefined)
  readonly rows: Array<Row> = []
  readonly late: Array<LateRow> = []
  readonly anomalies: Array<AnomalyRow> = []
  private header: Uint8Array = new Uint8Array(0)
  private readonly groups = new Map<number, Uint8Array>()
  private readonly baselines = new Map<number, Uint8Array>()
  private readonly datastreams: Array<NewDatastream> = []
  private readonly sensors = new Map<number, SensorRow>()
  private sequence = 0
  private readonly writer = new WordWriter()

  apply(...records: ReadonlyArray<Uint8Array>): this {
    for (const record of records) this.shard.apply(++this.sequence, record, undefined)
    return this
  }

  commit(): this {
    const changes = this.shard.changes(this.writer)
    const { baselines, datastreams, groups, header, late, sensors, windows } = changes
    this.anomalies.push(...changes.anomalies)
    this.header = header
    // The writer is used again: what is kept must be a copy.
    for (const { bytes, number } of groups) this.groups.set(number, bytes.slice())
    for (const { bytes, number } of baselines) this.baselines.set(number, bytes)
    this.datastreams.push(...datastreams)
    for (const sensor of sensors) this.sensors.set(sensor.number, sensor)
    for (let i = 0; i < windows.length; i++) {
      const at = (column: { readonly [i: number]: number }): number => column[i] ?? NaN
      this.rows.push({
        slot: at(windows.slot),
        size: at(windows.size),
        start: at(windows.start),
        count: at(windows.count),
        mean: at(windows.mean),
        variance: at(windows.variance),
        min: at(windows.min),
        max: at(windows.max),
        last: at(windows.last)
      })
    }
    for (let i = 0; i < late.length; i++) {
      const at = (column: { readonly [i: number]: number }): number => column[i] ?? NaN
      const resultTime = at(late.resultTime)
      this.late.push({
        slot: at(late.slot),
        time: at(late.phenomenonTime),
        resultTime: Number.isNaN(resultTime) ? undefined : resultTime,
        result: at(late.result),
        receivedAt: at(late.receivedAt)
      })
    }
    return this
  }

  snapshot(): ShardSnapshot {
    const parts = (map: ReadonlyMap<number, Uint8Array>) =>
      Array.from(map, ([number, bytes]) => ({ number, bytes: asDriverGives(bytes) }))
    return {
      position: { stream: "test", sequence: this.sequence },
      header: asDriverGives(this.header),
      groups: parts(this.groups),
      baselines: parts(this.baselines),
      datastreams: [...this.datastreams].sort((a, b) => a.slot - b.slot),
      sensors: [...this.sensors.values()].sort((a, b) => a.number - b.number)
    }
  }

  /** What a crash right after a commit leaves. */
  restart(): this {
    this.commit()
    this.shard = new SensorShard(7, this.snapshot())
    return this
  }

  /** Everything that must not depend on restarts: all state as it is written, all that was sealed, all that was late. */
  everything(): unknown {
    const { shard } = this
    this.commit()
    const slots = Array.from({ length: shard.streams.slab.length }, (_, slot) => slot)
    return {
      groups: slots.filter((slot) => slot % 32 === 0).map((slot) => hex(groupBytes(shard, slot / 32))),
      baselines: slots.map((slot) => Array.from({ length: 168 }, (_, hour) => shard.streams.bin(slot, hour))),
      header: new TextDecoder().decode(shard.header()),
      sensors: Array.from({ length: shard.directory.sensors }, (_, number) => shard.sensorRow(number)),
      stored: [...this.sensors.values()].sort((a, b) => a.number - b.number),
      rows: this.rows,
      late: this.late
    }
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")
