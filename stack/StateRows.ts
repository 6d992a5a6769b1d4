/**
 * The state of a shard as rows of text, the same from one pass over its log and from what was loaded again. Each row is a part as the
 * product stores it, told by its hash. Left out, as no two runs need to agree in them: which row of its table a district's window is
 * stored in, and what is only kept until it is given out.
 */
import { createHash } from "node:crypto"
import type { DistrictShard } from "../src/actors/DistrictStage.ts"
import { detail } from "../src/actors/SensorShardQueries.ts"
import { groupSlots, type SensorShard } from "../src/actors/SensorStage.ts"
import { writeBaseline } from "../src/analytics/BaselineBytes.ts"
import * as Slab from "../src/analytics/DatastreamSlab.ts"
import { WordWriter } from "../src/analytics/WordWriter.ts"
import { canonical } from "./CityRows.ts"
import { sensorAnswer } from "./LiveAnswers.ts"

const writer = new WordWriter()
const hashOf = (part: Uint8Array | string): string => createHash("sha1").update(part).digest("base64url")
const written = (write: (into: WordWriter) => void): string => {
  writer.length = 0
  write(writer)
  return hashOf(writer.view(0))
}
const textOf = (header: Uint8Array): string => canonical(new TextDecoder().decode(header))

export const sensorStateRows = (state: SensorShard): ReadonlyArray<string> => {
  const { directory, shard, streams } = state
  const { partials: { tables }, slab } = streams
  const rows = [`sensor shard ${shard} ${textOf(state.header())}`]
  const add = (part: string, hash: string) => rows.push(`sensor shard ${shard} ${part} ${hash}`)
  for (let group = 0; group * groupSlots < slab.length; group++) {
    add(`group ${group}`, written((into) => state.writeGroup(group, into)))
  }
  for (let slot = 0; slot < slab.length; slot++) {
    if (slab.binFloats(slot) !== undefined) add(`baseline ${slot}`, hashOf(writeBaseline(slab, slot)))
  }
  for (let sensor = 0; sensor < directory.sensors; sensor++) rows.push(JSON.stringify(state.sensorRow(sensor)))
  for (const start of [...tables.open.keys()].sort()) {
    add(`partials ${start}`, written((into) => tables.writeOpen(start, into)))
  }
  add("partials added", written((into) => tables.writeAdded(into)))
  return rows
}

export const districtStateRows = (state: DistrictShard): ReadonlyArray<string> => {
  const rows = [`district shard ${state.shard} ${textOf(state.header())}`]
  for (const { description, hours, id, incidents, latest, windows } of state.districts.values()) {
    rows.push(
      `district ${id} ${
        canonical(JSON.stringify({ description, hours: hours.state, latest, incidents: incidents.state }))
      }`
    )
    for (const [start, window] of windows) {
      rows.push(`district ${id} window ${start} ${written((into) => window.write(into))}`)
    }
  }
  return rows
}

/** What it would answer about each of its sensors. */
export const sensorAnswers = (state: SensorShard): ReadonlyArray<string> =>
  Array.from({ length: state.directory.sensors }, (_, number) => {
    const found = detail(state, state.directory.id(number))
    return found === undefined ? "" : sensorAnswer(found)
  })

/** Where every observation of each datastream went. */
export const accountingRows = (
  { directory, streams: { slab } }: SensorShard,
  nameOf: (slot: number) => string
): ReadonlyArray<string> =>
  Array.from({ length: directory.datastreams }, (_, slot) => {
    const words = slab.record(slot)
    const [counted = 0, duplicate = 0, superseded = 0, late = 0, overflow = 0] = [
      Slab.counted,
      Slab.duplicate,
      Slab.superseded,
      Slab.late,
      Slab.overflow
    ].map((word) => words[slab.at(slot) + word])
    return accountingRow(nameOf(slot), {
      counted,
      duplicate,
      superseded,
      late,
      sent: counted + duplicate + superseded + late + overflow
    })
  })

export const accountingRow = (
  name: string,
  { counted, duplicate, late, sent, superseded }: {
    readonly [outcome in "counted" | "duplicate" | "late" | "sent" | "superseded"]: number
  }
): string =>
  `${name}: sent ${sent} = ${counted} counted + ${duplicate} duplicate + ${superseded} superseded + ${late} late`
