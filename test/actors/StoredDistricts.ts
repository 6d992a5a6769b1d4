/**
 * A district shard with what it has published and a store in memory, to be stopped and restored at any point, and partials as
 * sensor shards give them out. Parts come back as slices of larger buffers, as a database driver gives them.
 */
import { DistrictShard } from "../../src/actors/DistrictStage.ts"
import { type Phase, phases } from "../../src/analytics/ShardPartials.ts"
import * as Summary from "../../src/analytics/Summary.ts"
import type { DistrictStateRow, DistrictWindowRow, ShardSnapshot } from "../../src/ports/ShardStore.ts"
import type { CityEvent } from "../../src/schemas/CityEvent.ts"
import { PartialsWriter, partialWords } from "../../src/schemas/PartialsCodec.ts"
import { shardCount } from "../../src/schemas/Shards.ts"

const asDriverGives = (bytes: Uint8Array): Uint8Array => Buffer.concat([Buffer.from("head"), bytes]).subarray(4)

export class StoredDistricts {
  shard = new DistrictShard(7, undefined)
  readonly windows: Array<DistrictWindowRow> = []
  readonly states: Array<DistrictStateRow> = []
  readonly events: Array<CityEvent> = []
  private header: Uint8Array = new Uint8Array(0)
  private readonly groups = new Map<number, Uint8Array>()
  private sequence = 0

  apply(...records: ReadonlyArray<Uint8Array>): this {
    for (const record of records) this.shard.apply(++this.sequence, record)
    return this
  }

  commit(): this {
    this.events.push(...this.shard.takePrompt())
    const { districts, groups, header } = this.shard.changes()
    this.header = header
    for (const { bytes, number } of groups) this.groups.set(number, bytes.slice())
    this.windows.push(...districts?.windows ?? [])
    this.states.push(...districts?.states ?? [])
    return this
  }

  snapshot(): ShardSnapshot {
    return {
      position: { stream: "test", sequence: this.sequence },
      header: asDriverGives(this.header),
      groups: Array.from(this.groups, ([number, bytes]) => ({ number, bytes: asDriverGives(bytes) })),
      baselines: [],
      datastreams: [],
      sensors: []
    }
  }

  /** What a crash right after a commit leaves. */
  restart(): this {
    this.commit()
    this.shard = new DistrictShard(7, this.snapshot())
    return this
  }

  /** All that became public, in order. */
  published(): unknown {
    this.commit()
    const { events, states, windows } = this
    return { windows, states, events }
  }

  /** All that must not depend on restarts. */
  everything(): unknown {
    const published = this.published()
    const listed = this.shard.listed.map(({ id, latest }) => ({ id, latest })).sort((a, b) => a.id < b.id ? -1 : 1)
    const held = Array.from(this.shard.districts.values(), ({ id, windows }) => ({
      id,
      starts: [...windows.keys()].sort((a, b) => a - b)
    }))
    return { published, listed, held, header: new TextDecoder().decode(this.shard.header()) }
  }
}

export interface GivenPartial {
  readonly district: string
  readonly property: number
  readonly phase: keyof typeof phases
  readonly start: number
  readonly words: Float64Array
}

export interface GivenRound {
  readonly time: number
  readonly sequence: number
  readonly partials: ReadonlyArray<GivenPartial>
}

/** A record of rounds of one sensor shard. */
export const recordOf = (shard: number, rounds: ReadonlyArray<GivenRound>): Uint8Array => {
  const writer = new PartialsWriter()
  for (const { partials, sequence, time } of rounds) {
    writer.round(time, sequence)
    for (const { district, phase, property, words } of partials) {
      writer.add(district, property, phases[phase] satisfies Phase, words, 0)
    }
  }
  return writer.take(shard)
}

/** That all shards but some have come as far as `time`. */
export const othersAt = (time: number, but: ReadonlyArray<number>): ReadonlyArray<Uint8Array> =>
  Array.from({ length: shardCount }, (_, i) => i + 1)
    .filter((shard) => !but.includes(shard))
    .map((shard) => recordOf(shard, [{ time, sequence: time, partials: [] }]))

/** Words of a partial in which every sensor reported one value. */
export const wordsOf = (start: number, values: ReadonlyArray<number>, change: Record<number, number> = {}) => {
  const words = new Float64Array(partialWords)
  Summary.clear(words, 0)
  if (values.length > 0) {
    Summary.summarize(words, 0, start, Float64Array.from(values), 0, values.length, "arithmetic")
  }
  const sum = (of: (value: number) => number): number => values.reduce((total, value) => total + of(value), 0)
  const n = values.length
  const sums = [n, n, 0, n, n, n, sum((x) => x), sum((x) => x * x), sum((x) => x), 0, 0, 0, 0, 0, 0]
  words.set(sums, Summary.summaryWords)
  words[Summary.start] = start
  for (const [at, value] of Object.entries(change)) words[Number(at)] = value
  return words
}
