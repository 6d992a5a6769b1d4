/**
 * Sensors of a shard as they travel to a view of the latest values: in *blocks* of 64 neighbours by number, in two parts. The
 * *facts* of a block (ids, places, which properties) are JSON and change seldom; its *values* are plain words, because they change
 * every second: 8 bytes for each time and each result, 1 for the health of each sensor.
 * Promise: both parts of a block are written and read together, so what belongs to what is only in the facts.
 */
import { SensorHealth } from "./Sensor.ts"

export const blockBits = 6
export const blockSensors = 1 << blockBits

/** Raised with every change of these bytes: a reader never meets another version, as it is part of where they are kept. */
export const latestLayout = 1

/** An entry per sensor. */
export interface BlockFacts {
  readonly id: ReadonlyArray<string>
  readonly name: ReadonlyArray<string>
  /** Degrees; null where it is not known. */
  readonly longitude: ReadonlyArray<number | null>
  readonly latitude: ReadonlyArray<number | null>
  readonly district: ReadonlyArray<string | null>
  /** Numbers of the properties it reports, oldest first. */
  readonly properties: ReadonlyArray<ReadonlyArray<number>>
}

/** Of the datastreams of a block, in the order of its facts; `time` is NaN where there is no value yet. */
export interface BlockValues {
  readonly time: Float64Array
  readonly result: Float64Array
  /** By sensor: place in `SensorHealth`. */
  readonly health: Uint8Array
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const encodeFacts = (facts: BlockFacts): Uint8Array => encoder.encode(JSON.stringify(facts))

/** Throws where the bytes are none of `encodeFacts`. */
export const decodeFacts = (bytes: Uint8Array): BlockFacts => JSON.parse(decoder.decode(bytes)) as BlockFacts

/** Room for the values of a block, to be filled in through `valuesIn`. */
export const newValues = (datastreams: number, sensors: number): Uint8Array =>
  new Uint8Array(16 * datastreams + sensors)

/** Views of the bytes of a block's values, which begin a buffer of their own. */
export const valuesIn = ({ buffer }: Uint8Array, datastreams: number, sensors: number): BlockValues => ({
  time: new Float64Array(buffer, 0, datastreams),
  result: new Float64Array(buffer, 8 * datastreams, datastreams),
  health: new Uint8Array(buffer, 16 * datastreams, sensors)
})

/** Values as they came from elsewhere, at any alignment; throws where they do not belong to the facts. */
export const decodeValues = (bytes: Uint8Array, facts: BlockFacts): BlockValues => {
  const datastreams = facts.properties.reduce((sum, properties) => sum + properties.length, 0)
  const sensors = facts.id.length
  if (bytes.length !== 16 * datastreams + sensors) {
    throw new RangeError(`${bytes.length} bytes of values for ${datastreams} datastreams of ${sensors} sensors`)
  }
  return valuesIn(new Uint8Array(bytes), datastreams, sensors)
}

export const healthNumber = (health: SensorHealth): number => SensorHealth.literals.indexOf(health)

/** Throws where there is no such health. */
export const healthOfNumber = (number: number): SensorHealth => {
  const health = SensorHealth.literals[number]
  if (health === undefined) throw new RangeError(`there is no health ${number}`)
  return health
}
