/** Partials that were given out, on their way to the shards of their districts. */
import { districtOfKey, propertyOfKey } from "../analytics/PartialTables.ts"
import type { GivenTable } from "../analytics/ShardPartials.ts"
import type { Append } from "../ports/ShardedLog.ts"
import { PartialsWriter } from "../schemas/PartialsCodec.ts"
import { shardOf, shards } from "../schemas/Shards.ts"
import type { DistrictNumbers } from "./DistrictNumbers.ts"

interface Round {
  readonly time: number
  readonly sourceSequence: number
  readonly given: ReadonlyArray<GivenTable>
}

/** By shard; shared by all sensor shards of the process, as only one takes at a time. */
const writers = new Map(shards.map((shard) => [shard, new PartialsWriter()]))

export class GivenPartials {
  /** Partials and rounds that wait. */
  waiting = 0
  private rounds: Array<Round> = []
  private readonly districts: DistrictNumbers
  /** Shard of a district by its number. */
  private readonly shardOfDistrict: Array<number> = []

  constructor(districts: DistrictNumbers) {
    this.districts = districts
  }

  add(time: number, sourceSequence: number, given: ReadonlyArray<GivenTable>): void {
    this.rounds.push({ time, sourceSequence, given })
    this.waiting += given.reduce((sum, { table }) => sum + table.at.size, 1)
  }

  /** A record for each shard: those without a district that was met also learn how far this shard has come. */
  take(sourceShard: number): ReadonlyArray<Append> {
    if (this.rounds.length === 0) return []
    for (const { given, sourceSequence, time } of this.rounds) {
      for (const writer of writers.values()) writer.round(time, sourceSequence)
      for (const { phase, table } of given) {
        for (const [key, at] of table.at) {
          const district = districtOfKey(key)
          const id = this.districts.id(district)
          const shard = this.shardOfDistrict[district] ??= shardOf(id)
          writers.get(shard)?.add(id, propertyOfKey(key), phase, table.words, at)
        }
      }
    }
    this.rounds = []
    this.waiting = 0
    // Of most districts there is most often nothing, and the same record tells all of them.
    let nothing: Uint8Array | undefined
    return Array.from(writers, ([shard, writer]) => {
      if (writer.length > 0) return { shard, payload: writer.take(sourceShard) }
      nothing ??= writer.take(sourceShard)
      writer.clear()
      return { shard, payload: nothing }
    })
  }
}
