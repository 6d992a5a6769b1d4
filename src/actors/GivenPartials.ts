/** Partials that were given out, on their way to the shards of their districts. */
import type { GivenPartial } from "../analytics/ShardPartials.ts"
import type { Append } from "../ports/ShardedLog.ts"
import { encodePartials, type PartialEntry, type PartialRound } from "../schemas/PartialsCodec.ts"
import { shardOf, shards } from "../schemas/Shards.ts"
import type { DistrictNumbers } from "./DistrictNumbers.ts"

export class GivenPartials {
  /** Partials and rounds that wait. */
  waiting = 0
  private rounds: Array<
    { readonly time: number; readonly sourceSequence: number; readonly given: ReadonlyArray<GivenPartial> }
  > = []
  private readonly districts: DistrictNumbers
  /** Shard of a district by its number. */
  private readonly shardOfDistrict: Array<number> = []

  constructor(districts: DistrictNumbers) {
    this.districts = districts
  }

  add(time: number, sourceSequence: number, given: ReadonlyArray<GivenPartial>): void {
    this.rounds.push({ time, sourceSequence, given })
    this.waiting += given.length + 1
  }

  /** A record for each shard: those without a district that was met also learn how far this shard has come. */
  take(sourceShard: number): ReadonlyArray<Append> {
    if (this.rounds.length === 0) return []
    const byShard = new Map<number, Array<PartialRound>>(shards.map((shard) => [shard, []]))
    for (const { given, sourceSequence, time } of this.rounds) {
      const entries = new Map<number, Array<PartialEntry>>(shards.map((shard) => [shard, []]))
      for (const { district, phase, property, words } of given) {
        const shard = this.shardOfDistrict[district] ??= shardOf(this.districts.id(district))
        entries.get(shard)?.push({ district: this.districts.id(district), property, phase, words })
      }
      for (const [shard, of] of entries) byShard.get(shard)?.push({ time, sourceSequence, entries: of })
    }
    this.rounds = []
    this.waiting = 0
    return Array.from(byShard, ([shard, rounds]) => ({
      shard,
      payload: encodePartials({ sourceShard, rounds })
    }))
  }
}
