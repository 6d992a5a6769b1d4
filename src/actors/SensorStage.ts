/**
 * The sensor stage: the state of one shard's sensors and what a record does to it. A function of the observation log and of
 * nothing else: no clock, no random number, no look-up. Hot path: plain synchronous code; the batch reader is shared by all
 * shards of the process, as only one applies at a time.
 */
import { arrival } from "../analytics/Arrival.ts"
import { readBaseline, writeBaseline } from "../analytics/BaselineBytes.ts"
import { Datastreams } from "../analytics/Datastreams.ts"
import * as Slab from "../analytics/DatastreamSlab.ts"
import { aboveOf } from "../analytics/LowWord.ts"
import { SealedWindows } from "../analytics/SealedWindows.ts"
import { wordsOf, type WordWriter } from "../analytics/WordWriter.ts"
import type { Append } from "../ports/ShardedLog.ts"
import type { NewDatastream, SensorRow, ShardSnapshot, StatePart } from "../ports/ShardStore.ts"
import { noString } from "../schemas/BatchLayout.ts"
import { BatchReader } from "../schemas/BatchReader.ts"
import { type Command, decodeCommand, type StageSettings } from "../schemas/Commands.ts"
import { observedProperties } from "../schemas/ObservedProperties.ts"
import { decodeTick, isHistoryTick, recordKind, recordVersion, RecordVersionUnknown } from "../schemas/Records.ts"
import { AppliedCommands } from "./AppliedCommands.ts"
import { ChangedGroups } from "./ChangedGroups.ts"
import { closedWindowRecords } from "./ClosedWindows.ts"
import { Lateness } from "./Lateness.ts"
import { Producers } from "./Producers.ts"
import { SensorAnomalies } from "./SensorAnomalies.ts"
import { SensorDirectory } from "./SensorDirectory.ts"
import { SensorFacts } from "./SensorFacts.ts"
import { SensorPartials } from "./SensorPartials.ts"
import { decodeHeader, encodeHeader, sensorStateVersion } from "./SensorShardHeader.ts"
import type { Stage, StageChanges, StageState } from "./Stage.ts"

/** Neighbouring slots whose hot state is stored as one row. */
export const groupSlots = 32
const groupBits = 5

/** Until a `Configure` command says otherwise. */
export const initialSettings: StageSettings = { timeZone: "UTC", idleTimeoutMillis: 60_000, latenessMillis: {} }

const reader = new BatchReader()

export class SensorShard implements StageState<Append> {
  readonly shard: number
  readonly streams: Datastreams
  readonly directory = new SensorDirectory()
  settings: StageSettings = initialSettings
  applyingIndex = -1
  totals = { quarantined: 0, corruptBatches: 0, repeatedBatches: 0 }
  readonly facts = new SensorFacts(this.directory)
  private producers = new Producers()
  private commands = new AppliedCommands()
  /** The newest tick: what the clock said last, as far as the log tells; −Infinity before the first. */
  tickedTo = -Infinity
  private lateness: Lateness
  private readonly dirtyGroups = new ChangedGroups()
  private readonly newDatastreams: Array<NewDatastream> = []
  private headerChanged = false
  private slots = new Int32Array(256)
  /** District numbers of the keys of the batch. */
  private placed = new Int32Array(256)
  private readonly partials: SensorPartials
  readonly anomalies: SensorAnomalies
  /** Newest time in the log. */
  time = -Infinity

  constructor(shard: number, snapshot: ShardSnapshot | undefined) {
    this.shard = shard
    const header = snapshot === undefined ? undefined : decodeHeader(shard, snapshot.header)
    if (header !== undefined) {
      this.settings = header.settings
      this.tickedTo = header.tickedTo ?? -Infinity
      this.producers = new Producers(header.producers)
      this.commands = new AppliedCommands(header.commands)
      this.totals = { ...header.totals }
      this.time = this.tickedTo
    }
    this.lateness = new Lateness(this.settings.latenessMillis)
    this.streams = new Datastreams(this.settings.timeZone)
    this.partials = new SensorPartials(this.streams, header?.partials, this.lateness.longest)
    this.anomalies = new SensorAnomalies(this.directory, this.partials.districts)
    if (snapshot !== undefined) this.restore(snapshot, header?.version ?? sensorStateVersion)
  }

  private restore(snapshot: ShardSnapshot, version: number): void {
    const recordWords = version < 2 ? Slab.recordWordsBeforeDistricts : Slab.recordWords
    for (const row of snapshot.sensors) this.facts.restore(row)
    for (const { property, sensorId } of snapshot.datastreams) {
      this.directory.addDatastream(this.directory.ensureSensor(sensorId), property)
      this.streams.add(property)
    }
    for (const { bytes, number } of snapshot.groups) {
      if (this.partials.restore({ number, bytes })) continue
      const words = wordsOf(bytes)
      const end = Math.min((number + 1) * groupSlots, this.streams.slab.length)
      let at = 0
      for (let slot = number * groupSlots; slot < end; slot++) {
        at = this.streams.readSlot(slot, words, at, recordWords)
        const locatedAt = this.streams.slab.record(slot)[this.streams.slab.at(slot) + Slab.locatedAt] as number
        if (locatedAt > -Infinity) this.facts.locatedAt(this.directory.sensorOfDatastream(slot), locatedAt)
      }
    }
    for (const { bytes, number } of snapshot.baselines) readBaseline(this.streams.slab, number, bytes)
  }

  apply(sequence: number, payload: Uint8Array, skip: ReadonlySet<number> | undefined): void {
    const kind = recordKind(payload)
    if (kind === "batch") this.applyBatch(payload, skip)
    else if (kind === "tick") this.applyTick(decodeTick(payload), sequence, isHistoryTick(payload))
    else if (kind === "command") {
      const { command, id } = decodeCommand(payload)
      if (this.commands.has(id)) return
      this.applyCommand(command)
      this.commands.add(id)
      this.headerChanged = true
    } else throw new RecordVersionUnknown({ version: recordVersion })
    if (this.streams.anomalies.length > 0) this.anomalies.add(this.streams.anomalies.take(), sequence, this.time)
  }

  skipCorrupt(): void {
    this.totals.corruptBatches++
    this.headerChanged = true
  }

  private applyBatch(payload: Uint8Array, skip: ReadonlySet<number> | undefined): void {
    reader.read(payload)
    refuseUnknownProperties()
    this.headerChanged = true
    if (!this.producers.accept(reader.producer, reader.producerSequence)) {
      this.totals.repeatedBatches++
      return
    }
    if (reader.receivedAt > this.time) this.time = reader.receivedAt
    const lateness = this.lateness.of(reader.source)
    const isPlaced = this.resolveKeys()
    const { base, f64, i32, keyAt, n, propertyAt, receivedAt, resultAt, resultTimeAt, timeAt, u16 } = reader
    const { placed, slots, streams } = this
    arrival[3] = receivedAt
    for (let i = 0; i < n; i++) {
      this.applyingIndex = i
      if (skip !== undefined && skip.has(i)) {
        this.totals.quarantined++
        continue
      }
      const key = u16[keyAt + i] as number
      arrival[0] = base + (i32[timeAt + i] as number)
      arrival[1] = resultTimeAt < 0 ? NaN : f64[resultTimeAt + i] as number
      arrival[2] = f64[resultAt + i] as number
      arrival[4] = lateness[u16[propertyAt + key] as number] as number
      arrival[5] = placed[key] as number
      streams.observeArrival(slots[key] as number)
    }
    this.applyingIndex = -1
    if (reader.l > 0 || isPlaced) this.placeSensors(skip)
  }

  /** The slot of every key of the batch, new datastreams made; their groups count as changed. Whether any has a district. */
  private resolveKeys(): boolean {
    let isPlaced = false
    let lastText = noString
    let lastNumber = 0
    const { districtAt, hashAt, k, propertyAt, sensorAt, stringFrom, u16, u32, u8 } = reader
    if (k > this.slots.length) {
      this.slots = new Int32Array(2 * k)
      this.placed = new Int32Array(2 * k)
    }
    for (let key = 0; key < k; key++) {
      const text = u16[sensorAt + key] as number
      const property = u16[propertyAt + key] as number
      let slot = this.directory.slotOf(
        u32[hashAt + key] as number,
        u8,
        stringFrom[text] as number,
        stringFrom[text + 1] as number,
        property
      )
      if (slot < 0) slot = this.addDatastream(reader.string(text), property)
      this.slots[key] = slot
      this.dirtyGroups.add(slot >> groupBits)
      const district = u16[districtAt + key] as number
      if (district !== lastText) {
        lastText = district
        lastNumber = district === noString ? 0 : this.districtNumber(slot, district)
      }
      this.placed[key] = lastNumber
      if (district !== noString) isPlaced = true
    }
    if (isPlaced) this.streams.partials.hasDistricts = true
    return isPlaced
  }

  /** The number of a district of the batch; most often that in which the datastream was before. */
  private districtNumber(slot: number, text: number): number {
    const { slab } = this.streams
    const { districts } = this.partials
    const before = aboveOf(slab.record(slot)[slab.at(slot) + Slab.panes] as number)
    const { stringFrom, u8 } = reader
    return before > 0 && districts.is(before, u8, stringFrom[text] as number, stringFrom[text + 1] as number)
      ? before
      : districts.of(reader.frequentString(text))
  }

  private addDatastream(sensorId: string, property: number): number {
    const sensor = this.facts.ensure(sensorId)
    this.directory.addDatastream(sensor, property)
    this.facts.changeBlock(sensor)
    const slot = this.streams.add(property)
    const { slab } = this.streams
    const first = this.directory.slotsOf(sensor)[0] as number
    slab.record(slot)[slab.at(slot) + Slab.moves] = slab.record(first)[slab.at(first) + Slab.moves] as number
    this.newDatastreams.push({ slot, sensorId, property })
    return slot
  }

  /**
   * Where a sensor is, is where it was at the newest located observation, district included. A district that comes without a
   * location is taken in the order of the log.
   */
  private placeSensors(skip: ReadonlySet<number> | undefined): void {
    const { base, districtAt, i32, keyAt, l, latAt, locatedAt, lonAt, n, timeAt, u16 } = reader
    const { slab } = this.streams
    let next = 0
    for (let i = 0; i < n; i++) {
      const key = u16[keyAt + i] as number
      const text = u16[districtAt + key] as number
      const located = next < l && u16[locatedAt + next] === i ? next++ : -1
      if ((located < 0 && text === noString) || (skip !== undefined && skip.has(i))) continue
      const slot = this.slots[key] as number
      const sensor = this.directory.sensorOfDatastream(slot)
      const district = this.placed[key] as number
      if (located < 0 && this.facts.isPlaced(sensor, district)) continue
      if (located >= 0) {
        const time = base + (i32[timeAt + i] as number)
        if (!this.facts.locatedAt(sensor, time)) continue
        slab.record(slot)[slab.at(slot) + Slab.locatedAt] = time
        const longitude = (i32[lonAt + located] as number) / 1e7
        const latitude = (i32[latAt + located] as number) / 1e7
        if (this.facts.locate(sensor, longitude, latitude)) this.countMove(sensor)
      }
      this.facts.place(sensor, text === noString ? undefined : reader.frequentString(text), district)
    }
  }

  private countMove(sensor: number): void {
    for (const slot of this.directory.slotsOf(sensor)) {
      const words = this.streams.slab.record(slot)
      const at = this.streams.slab.at(slot) + Slab.moves
      if ((words[at] as number) >= Slab.movesMin) continue
      words[at] = (words[at] as number) + 1
      this.dirtyGroups.add(slot >> groupBits)
    }
  }

  private applyTick(now: number, sequence: number, isHistory: boolean): void {
    if (now <= this.tickedTo) return
    this.tickedTo = now
    if (now > this.time) this.time = now
    this.streams.tick(now, this.settings.idleTimeoutMillis, (slot) => this.dirtyGroups.add(slot >> groupBits))
    if (this.partials.tick(now, sequence, isHistory)) this.headerChanged = true
  }

  private applyCommand(command: Command): void {
    if (command._tag === "Configure") {
      this.settings = command.settings
      this.streams.setTimeZone(command.settings.timeZone)
      this.lateness = new Lateness(this.settings.latenessMillis)
      this.partials.setLongestLateness(this.lateness.longest)
      return
    }
    // A command of another stage was written by a version that knows more of them.
    if (command._tag !== "DescribeSensor") throw new RecordVersionUnknown({ version: recordVersion })
    const { location, name, sensorId } = command
    const sensor = this.facts.ensure(sensorId)
    if (name !== undefined) this.facts.name(sensor, name)
    if (location !== undefined) this.facts.locate(sensor, location[0], location[1])
  }

  get pendingRows(): number {
    return this.streams.sealed.length + this.streams.late.length + this.anomalies.pendingRows
  }
  get changed(): boolean {
    return this.headerChanged || this.dirtyGroups.size > 0 || this.facts.changes > 0
  }
  /** Who hears of an anomaly asks the history next. */
  get urgent(): boolean {
    return this.facts.hasNew || this.anomalies.pendingRows > 0
  }

  outputs(sequence: number): ReadonlyArray<Append> {
    return closedWindowRecords(this.streams, this.directory, this.shard, sequence)
  }
  /** Anomalies first: a round says that everything found before it is there. */
  takePrompt(): ReadonlyArray<Append> {
    return [...this.anomalies.take(this.shard), ...this.partials.take(this.shard)]
  }
  get promptWaiting(): number {
    return this.anomalies.waiting + this.partials.waiting
  }

  changes(writer: WordWriter): StageChanges {
    const groups = [...this.changedGroups(writer), ...this.partials.changed()]
    const baselines: Array<StatePart> = []
    for (const slot of this.streams.learned) {
      baselines.push({ number: slot, bytes: writeBaseline(this.streams.slab, slot) })
    }
    this.streams.learned.clear()
    this.headerChanged = false
    return {
      header: this.header(),
      groups,
      baselines,
      datastreams: this.newDatastreams.splice(0),
      sensors: this.facts.takeChanged(),
      windows: this.streams.takeSealed(),
      late: this.streams.takeLate(),
      anomalies: this.anomalies.takeRows(),
      districts: undefined
    }
  }

  committed(): void {
    this.streams.handedOver = new SealedWindows()
  }

  private changedGroups(writer: WordWriter): ReadonlyArray<StatePart> {
    const numbers = this.dirtyGroups.take()
    writer.length = 0
    const ends = numbers.map((number) => {
      this.writeGroup(number, writer)
      return writer.length
    })
    // Only now, as the writer moves its words when it grows.
    const bytes = writer.view(0)
    return numbers.map((number, i) => ({ number, bytes: bytes.subarray(8 * (ends[i - 1] ?? 0), 8 * (ends[i] ?? 0)) }))
  }

  /** Writes the hot state of a group of slots as it is stored. */
  writeGroup(number: number, writer: WordWriter): void {
    const end = Math.min((number + 1) * groupSlots, this.streams.slab.length)
    for (let slot = number * groupSlots; slot < end; slot++) this.streams.writeSlot(slot, writer)
  }

  /** Shard-wide state, as it is stored. */
  header(): Uint8Array {
    const partials = this.partials.state
    return encodeHeader({
      version: sensorStateVersion,
      settings: this.settings,
      tickedTo: this.tickedTo === -Infinity ? null : this.tickedTo,
      producers: this.producers.states,
      commands: this.commands.ids,
      totals: this.totals,
      ...(partials === undefined ? {} : { partials })
    })
  }

  /** Hour of the week in the city at the newest tick. */
  get hourOfWeek(): number {
    return this.tickedTo === -Infinity ? 0 : this.streams.hourOfWeekAt(this.tickedTo)
  }

  sensorRow(sensor: number): SensorRow {
    return this.facts.row(sensor)
  }
}

/** Before anything changes: a batch with a property we do not know was written by a newer version. */
const refuseUnknownProperties = (): void => {
  const { k, propertyAt, u16 } = reader
  for (let key = 0; key < k; key++) {
    if ((u16[propertyAt + key] as number) >= observedProperties.length) {
      throw new RecordVersionUnknown({ version: recordVersion })
    }
  }
}

export const SensorStage: Stage<Append, SensorShard> = {
  name: "sensor",
  open: (shard, snapshot) => new SensorShard(shard, snapshot)
}
