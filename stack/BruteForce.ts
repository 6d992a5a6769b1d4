/**
 * What a shard of the observation log means, found out once more without the code of the stages, in the plainest way there is: maps, and
 * every value kept until its window is sealed. So a mistake that the product and the one pass (`OnePass.ts`) share is seen. What a record
 * says is read by the product's codecs. Left out: observations that were quarantined, more values in a window than the product
 * keeps, mean directions, variances, windows longer than a minute beyond when they close, and what districts are told.
 */
import { decodeCommand, type StageSettings } from "../src/schemas/Commands.ts"
import { observedProperty } from "../src/schemas/ObservedProperties.ts"
import { decodeTick, recordKind } from "../src/schemas/Records.ts"
import type { BatchHeader, LoggedObservation } from "./LoggedBatch.ts"
import { minute, PlainDatastream } from "./PlainDatastream.ts"

export class BruteForce {
  /** By sensor and property. */
  readonly datastreams = new Map<string, PlainDatastream>()
  /** Late ones, as `CityRows.ts` writes them. */
  readonly late: Array<string> = []
  private readonly batches = new Set<string>()
  private settings: Pick<StageSettings, "idleTimeoutMillis" | "latenessMillis"> = {
    idleTimeoutMillis: minute,
    latenessMillis: {}
  }
  private now = -Infinity

  batch(
    { producer, producerSequence, receivedAt, source }: BatchHeader,
    observations: ReadonlyArray<LoggedObservation>
  ): void {
    const id = `${producer} ${producerSequence}`
    if (this.batches.has(id)) return
    this.batches.add(id)
    for (const observation of observations) {
      const { name, phenomenonTime, property, result, resultTime } = observation
      const datastream = this.datastreams.get(name) ?? new PlainDatastream(property)
      this.datastreams.set(name, datastream)
      if (datastream.observe(observation, receivedAt, this.latenessMillis(source, property))) continue
      this.late.push(`${name} ${phenomenonTime} ${resultTime} ${result} ${receivedAt}`)
    }
  }

  /** A record that is no batch. */
  other(payload: Uint8Array): void {
    if (recordKind(payload) === "command") {
      const { command } = decodeCommand(payload)
      if (command._tag === "Configure") this.settings = command.settings
      return
    }
    const now = decodeTick(payload)
    if (now <= this.now) return
    this.now = now
    for (const datastream of this.datastreams.values()) datastream.tick(now, this.settings.idleTimeoutMillis)
  }

  private latenessMillis(source: string, property: string): number {
    const { [source]: own, "*": any } = this.settings.latenessMillis
    return own?.[property] ?? own?.["*"] ?? any?.[property] ?? any?.["*"] ??
      observedProperty(property)?.latenessMillis ?? 0
  }
}
