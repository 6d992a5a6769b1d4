/**
 * What is known of the sensors of a shard beside their observations: name, place, district, and which of it changed since the
 * last commit. Nothing is held for a sensor of which nothing is known.
 */
import type { SensorRow } from "../ports/ShardStore.ts"
import { blockBits } from "../schemas/LatestBlock.ts"
import type { SensorDirectory } from "./SensorDirectory.ts"

interface Facts {
  name: string | undefined
  /** Degrees; NaN: not known. */
  longitude: number
  latitude: number
  /** Phenomenon time of the newest located observation; stored in the records of its datastreams. */
  locatedAt: number
  district: string | undefined
}

/** About 100 m. */
const movedDegrees = 0.001

export class SensorFacts {
  private readonly directory: SensorDirectory
  private readonly facts: Array<Facts | undefined> = []
  /** The number of the district of `facts` where it is known, 0 else: what every observation asks stands close together. */
  private placed: Uint16Array = new Uint16Array(64)
  private readonly changed = new Set<number>()
  /** How many changes there were when the facts of a block of sensors changed last: who remembers how many it knows sees what is new. */
  private changedAt = new Float64Array(64)
  /** Changes of facts, since the start. */
  changesCounted = 0
  /** A sensor was seen for the first time since the last `takeChanged`. */
  hasNew = false

  constructor(directory: SensorDirectory) {
    this.directory = directory
  }

  get changes(): number {
    return this.changed.size
  }

  /** The number of a sensor, made where it is new. */
  ensure(sensorId: string): number {
    const known = this.directory.sensors
    const sensor = this.directory.ensureSensor(sensorId)
    if (sensor === known) {
      this.change(sensor)
      this.hasNew = true
    }
    return sensor
  }

  restore(row: SensorRow): void {
    this.facts[this.directory.ensureSensor(row.sensorId)] = {
      name: row.name === row.sensorId ? undefined : row.name,
      longitude: row.longitude ?? NaN,
      latitude: row.latitude ?? NaN,
      locatedAt: -Infinity,
      district: row.district ?? undefined
    }
  }

  /** The sensor was located at `time`; false where that is older than what is known. */
  locatedAt(sensor: number, time: number): boolean {
    const facts = this.of(sensor)
    if (time < facts.locatedAt) return false
    facts.locatedAt = time
    return true
  }

  /** Whether it has moved: it was somewhere else before, and not just a correction of some metres. */
  locate(sensor: number, longitude: number, latitude: number): boolean {
    const facts = this.of(sensor)
    if (facts.longitude === longitude && facts.latitude === latitude) return false
    const away = Math.max(Math.abs(facts.longitude - longitude), Math.abs(facts.latitude - latitude))
    facts.longitude = longitude
    facts.latitude = latitude
    this.change(sensor)
    return away > movedDegrees
  }

  /** Whether that is where the sensor was placed last; false where it is not known by number. */
  isPlaced(sensor: number, district: number): boolean {
    return district > 0 && this.placed[sensor] === district
  }

  /** `number`: that of the district; 0: none, or one too many. */
  place(sensor: number, district: string | undefined, number: number): void {
    if (sensor >= this.placed.length) {
      const grown = new Uint16Array(2 * sensor)
      grown.set(this.placed)
      this.placed = grown
    }
    this.placed[sensor] = number
    const facts = this.of(sensor)
    if (facts.district === district) return
    facts.district = district
    this.change(sensor)
  }

  name(sensor: number, name: string): void {
    const facts = this.of(sensor)
    if (facts.name === name) return
    facts.name = name
    this.change(sensor)
  }

  row(sensor: number): SensorRow {
    const sensorId = this.directory.id(sensor)
    const facts = this.facts[sensor]
    const located = facts !== undefined && !Number.isNaN(facts.longitude)
    return {
      number: sensor,
      sensorId,
      name: facts?.name ?? sensorId,
      longitude: located ? facts.longitude : null,
      latitude: located ? facts.latitude : null,
      district: facts?.district ?? null
    }
  }

  /** Rows of new and changed sensors; none counts as changed afterwards. */
  takeChanged(): ReadonlyArray<SensorRow> {
    const rows = Array.from(this.changed, (sensor) => this.row(sensor))
    this.changed.clear()
    this.hasNew = false
    return rows
  }

  private change(sensor: number): void {
    this.changed.add(sensor)
    this.changeBlock(sensor)
  }

  /** What readers know of the sensor is old; what is stored is not. */
  changeBlock(sensor: number): void {
    const block = sensor >> blockBits
    if (block >= this.changedAt.length) {
      const grown = new Float64Array(2 * block)
      grown.set(this.changedAt)
      this.changedAt = grown
    }
    this.changedAt[block] = ++this.changesCounted
  }

  /** Whether facts of a block changed after so many changes. */
  changedSince(block: number, changes: number): boolean {
    return (this.changedAt[block] ?? 0) > changes
  }

  private of(sensor: number): Facts {
    return this.facts[sensor] ??= {
      name: undefined,
      longitude: NaN,
      latitude: NaN,
      locatedAt: -Infinity,
      district: undefined
    }
  }
}
