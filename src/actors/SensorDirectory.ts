/**
 * Who is who in a shard: sensors and datastreams by the bytes of their ids, without an object per entry. Ids stand once in one
 * byte arena; two open-addressing tables find a datastream (sensor × property) and a sensor. Slots and sensor numbers are
 * given in the order of first appearance and never change.
 */
import { datastreamHash } from "../schemas/DatastreamHash.ts"

const encoder = new TextEncoder()
// Ids keep what looks like a byte order mark.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** The property number under which a sensor itself is hashed. */
const sensorItself = 0xfffe

const grownU32 = (old: Uint32Array): Uint32Array => {
  const fresh = new Uint32Array(2 * old.length)
  fresh.set(old)
  return fresh
}

/** Positions of entries by hash; entries are numbered from 0 and their hashes kept beside. */
class HashTable {
  private table = new Int32Array(64).fill(-1)
  private hashes: Uint32Array = new Uint32Array(32)
  private length = 0

  /** The entry with this hash for which `same` holds, or −1. */
  find(hash: number, same: (entry: number) => boolean): number {
    const mask = this.table.length - 1
    for (let at = hash & mask;; at = (at + 1) & mask) {
      const entry = this.table[at] as number
      if (entry < 0) return -1
      if (this.hashes[entry] === hash && same(entry)) return entry
    }
  }

  /** Adds the next entry. */
  push(hash: number): void {
    if (2 * (this.length + 1) > this.table.length) this.rehash()
    if (this.length === this.hashes.length) this.hashes = grownU32(this.hashes)
    this.hashes[this.length] = hash
    this.place(this.length++)
  }

  private place(entry: number): void {
    const mask = this.table.length - 1
    let at = (this.hashes[entry] as number) & mask
    while ((this.table[at] as number) >= 0) at = (at + 1) & mask
    this.table[at] = entry
  }

  private rehash(): void {
    this.table = new Int32Array(2 * this.table.length).fill(-1)
    for (let entry = 0; entry < this.length; entry++) this.place(entry)
  }
}

export class SensorDirectory {
  sensors = 0
  datastreams = 0
  private arena = new Uint8Array(4096)
  private arenaLength = 0
  /** Where the id of a sensor starts; it ends where the next one starts. */
  private idFrom: Uint32Array = new Uint32Array(64)
  private firstSlot: Uint32Array = new Uint32Array(64)
  private sensorOfSlot: Uint32Array = new Uint32Array(64)
  private propertyOfSlot: Uint32Array = new Uint32Array(64)
  private nextSlot: Uint32Array = new Uint32Array(64)
  private readonly bySensor = new HashTable()
  private readonly byDatastream = new HashTable()

  // What the comparison below looks for: set before `find`, so that no closure is made per look-up.
  private bytes: Uint8Array = new Uint8Array(0)
  private from = 0
  private to = 0
  private property = 0
  private readonly sameDatastream = (slot: number): boolean =>
    this.propertyOfSlot[slot] === this.property && this.sameId(this.sensorOfSlot[slot] as number)
  private readonly sameSensor = (sensor: number): boolean => this.sameId(sensor)

  /** The slot of (id bytes `bytes[from, to)`, property) whose hash is known, or −1. */
  slotOf(hash: number, bytes: Uint8Array, from: number, to: number, property: number): number {
    this.bytes = bytes
    this.from = from
    this.to = to
    this.property = property
    return this.byDatastream.find(hash, this.sameDatastream)
  }

  /** The number of a sensor, or −1. */
  sensorOf(id: string): number {
    return this.sensorOfBytes(encoder.encode(id))
  }

  private sensorOfBytes(bytes: Uint8Array): number {
    this.bytes = bytes
    this.from = 0
    this.to = bytes.length
    return this.bySensor.find(datastreamHash(bytes, sensorItself), this.sameSensor)
  }

  /** The slot of a sensor's property, or −1. */
  slotOfSensor(sensor: number, property: number): number {
    for (const slot of this.slotsOf(sensor)) if (this.propertyOfSlot[slot] === property) return slot
    return -1
  }

  /** The number of a sensor, made where it is new. */
  ensureSensor(id: string): number {
    const bytes = encoder.encode(id)
    const known = this.sensorOfBytes(bytes)
    if (known >= 0) return known
    const sensor = this.sensors++
    if (sensor + 1 >= this.idFrom.length) this.idFrom = grownU32(this.idFrom)
    if (sensor >= this.firstSlot.length) this.firstSlot = grownU32(this.firstSlot)
    while (this.arenaLength + bytes.length > this.arena.length) {
      const fresh = new Uint8Array(2 * this.arena.length)
      fresh.set(this.arena)
      this.arena = fresh
    }
    this.arena.set(bytes, this.arenaLength)
    this.arenaLength += bytes.length
    this.idFrom[sensor + 1] = this.arenaLength
    this.bySensor.push(datastreamHash(bytes, sensorItself))
    return sensor
  }

  /** A new datastream of a sensor; its slot is the next one. */
  addDatastream(sensor: number, property: number): number {
    const slot = this.datastreams++
    if (slot >= this.sensorOfSlot.length) {
      this.sensorOfSlot = grownU32(this.sensorOfSlot)
      this.propertyOfSlot = grownU32(this.propertyOfSlot)
      this.nextSlot = grownU32(this.nextSlot)
    }
    this.sensorOfSlot[slot] = sensor
    this.propertyOfSlot[slot] = property
    this.nextSlot[slot] = this.firstSlot[sensor] as number
    this.firstSlot[sensor] = slot + 1
    this.byDatastream.push(datastreamHash(this.idBytes(sensor), property))
    return slot
  }

  /** Slots of a sensor, oldest first. */
  slotsOf(sensor: number): ReadonlyArray<number> {
    const slots: Array<number> = []
    for (let next = this.firstSlot[sensor] as number; next > 0; next = this.nextSlot[next - 1] as number) {
      slots.push(next - 1)
    }
    return slots.toReversed()
  }

  sensorOfDatastream(slot: number): number {
    return this.sensorOfSlot[slot] as number
  }
  propertyOf(slot: number): number {
    return this.propertyOfSlot[slot] as number
  }
  id(sensor: number): string {
    return decoder.decode(this.idBytes(sensor))
  }

  private idBytes(sensor: number): Uint8Array {
    return this.arena.subarray(this.idFrom[sensor], this.idFrom[sensor + 1])
  }

  private sameId(sensor: number): boolean {
    const start = this.idFrom[sensor] as number
    if ((this.idFrom[sensor + 1] as number) - start !== this.to - this.from) return false
    for (let i = this.from, j = start; i < this.to; i++, j++) if (this.bytes[i] !== this.arena[j]) return false
    return true
  }
}
