/**
 * The district stage: the state of one shard's districts and what a record of the partials log does to it. A function of that
 * log and of nothing else. Partials are taken in when every sensor shard has come as far (`SourceClocks.ts`), time by time, so
 * that windows, states and their events do not depend on how the shards interleave. Anomalies are told at once.
 */
import { type CityTime, cityTime, localHour } from "../analytics/CityTime.ts"
import type { DistrictWindow } from "../analytics/DistrictWindow.ts"
import { LateObservations } from "../analytics/LateObservations.ts"
import { SealedWindows } from "../analytics/SealedWindows.ts"
import type { Phase } from "../analytics/ShardPartials.ts"
import * as Summary from "../analytics/Summary.ts"
import type { DistrictRows, DistrictStateRow, DistrictWindowRow, ShardSnapshot } from "../ports/ShardStore.ts"
import { decodeAnomalies } from "../schemas/AnomaliesCodec.ts"
import type { CityEvent } from "../schemas/CityEvent.ts"
import { type Command, decodeCommand, type DistrictSettings } from "../schemas/Commands.ts"
import type { District } from "../schemas/District.ts"
import type { DistrictState } from "../schemas/DistrictState.ts"
import { PartialsReader } from "../schemas/PartialsCodec.ts"
import { defaultQualityWeights } from "../schemas/QualityOfLife.ts"
import { decodeTick, recordKind, recordVersion, RecordVersionUnknown } from "../schemas/Records.ts"
import { AppliedCommands } from "./AppliedCommands.ts"
import { anomalyEvent, HeardAnomalies, openedBy } from "./DistrictAnomalies.ts"
import { hourRows, publish } from "./DistrictPublication.ts"
import { districtParts, DistrictRecord } from "./DistrictRecord.ts"
import { decodeHeader, districtStateVersion, encodeHeader } from "./DistrictShardHeader.ts"
import { SourceClocks } from "./SourceClocks.ts"
import type { Stage, StageChanges, StageState } from "./Stage.ts"

/** Until a `ConfigureDistricts` command says otherwise. */
const initialDistrictSettings: DistrictSettings = { timeZone: "UTC", weights: defaultQualityWeights }

/** Shared by all shards of the process, as only one applies at a time. */
const reader = new PartialsReader()
let marks = 0

export class DistrictShard implements StageState<CityEvent> {
  readonly shard: number
  readonly applyingIndex = -1
  settings: DistrictSettings = initialDistrictSettings
  /** Version of the set of districts that was described last; 0: none. */
  describedVersion = 0
  totals = { afterHorizon: 0, corruptRecords: 0 }
  /** By id; those that were only described have no windows. */
  readonly districts = new Map<string, DistrictRecord>()
  private readonly clocks: SourceClocks
  private readonly heard: HeardAnomalies
  private readonly changedDistricts = new Set<DistrictRecord>()
  /** Districts in which something waits, and in which of their windows, by the time at which it was given out or is due. */
  private readonly pending = new Map<number, Map<DistrictRecord, Set<DistrictWindow>>>()
  private commands = new AppliedCommands()
  private windows: Array<DistrictWindowRow> = []
  private states: Array<DistrictStateRow> = []
  private events: Array<CityEvent> = []
  /** Newest states that became public since events were taken, and those that belong to the events taken last. */
  private fresh: Array<DistrictState> = []
  private news: ReadonlyArray<DistrictState> = []
  private headerChanged = false
  private zone: CityTime

  constructor(shard: number, snapshot: ShardSnapshot | undefined) {
    this.shard = shard
    const header = snapshot === undefined ? undefined : decodeHeader(shard, snapshot.header)
    this.clocks = new SourceClocks(header?.clocks)
    this.heard = new HeardAnomalies(header?.anomalies)
    if (header !== undefined) {
      this.settings = header.settings
      this.describedVersion = header.describedVersion
      this.totals = { ...header.totals }
      this.commands = new AppliedCommands(header.commands)
    }
    this.zone = cityTime(this.settings.timeZone)
    if (snapshot !== undefined) this.restore(snapshot)
  }

  private restore({ groups }: ShardSnapshot): void {
    const parts = new Map(groups.map(({ bytes, number }) => [number, bytes]))
    for (const part of groups) {
      if (part.number < districtParts) continue
      const record = DistrictRecord.restore(part, (number) => parts.get(number))
      this.districts.set(record.id, record)
      for (const window of record.windows.values()) for (const time of window.times) this.wait(time, record, window)
      for (const time of record.hours.times) this.wait(time, record)
    }
  }

  apply(_sequence: number, payload: Uint8Array): void {
    const kind = recordKind(payload)
    if (kind === "partials") this.applyPartials(payload)
    else if (kind === "anomalies") this.applyAnomalies(payload)
    else if (kind === "tick") this.clocks.tick(decodeTick(payload))
    else if (kind === "command") {
      const { command, id } = decodeCommand(payload)
      if (this.commands.has(id)) return
      this.applyCommand(command)
      this.commands.add(id)
      this.headerChanged = true
    } else if (kind !== "windows") throw new RecordVersionUnknown({ version: recordVersion })
    if (this.clocks.advance()) this.takeIn()
  }

  skipCorrupt(): void {
    this.totals.corruptRecords++
    this.headerChanged = true
  }

  private applyPartials(payload: Uint8Array): void {
    const { districts, rounds, sourceShard, words } = reader.read(payload)
    const records: Array<DistrictRecord | undefined> = []
    for (const { from, sourceSequence, time, to } of rounds) {
      if (!this.clocks.accept(sourceShard, sourceSequence, time)) continue
      this.headerChanged = true
      // What a shard that was left out brings was not known before.
      const knownAt = Math.max(time, this.clocks.frontier)
      const mark = marks++
      for (let i = from; i < to; i++) {
        const index = reader.districtIndex(i)
        const record = records[index] ??= this.ensure(districts[index] as string)
        const at = reader.at(i)
        const window = record.window(words[at + Summary.start] as number)
        if (window === undefined) {
          this.totals.afterHorizon++
          continue
        }
        window.push(sourceShard, reader.property(i), knownAt, reader.phase(i) as Phase, words, at)
        if (window.mark === mark) continue
        window.mark = mark
        record.touch(window)
        this.changedDistricts.add(record)
        this.wait(knownAt, record, window)
      }
    }
  }

  private applyAnomalies(payload: Uint8Array): void {
    const { found, sourceShard } = decodeAnomalies(payload)
    for (const one of found) {
      if (!this.heard.accept(sourceShard, one)) continue
      this.headerChanged = true
      this.events.push(anomalyEvent(one))
      if (one.district === null) continue
      const record = this.ensure(one.district)
      // As with partials: what a shard that was left out brings was not known before.
      record.incidents.change(Math.max(one.foundAt, this.clocks.frontier), openedBy(one))
      this.changedDistricts.add(record)
    }
  }

  private ensure(id: string): DistrictRecord {
    let record = this.districts.get(id)
    if (record === undefined) {
      record = new DistrictRecord(id, this.districts.size)
      this.districts.set(id, record)
    }
    return record
  }

  private wait(time: number, record: DistrictRecord, window?: DistrictWindow): void {
    const records = this.pending.get(time) ?? new Map<DistrictRecord, Set<DistrictWindow>>()
    this.pending.set(time, records)
    const windows = records.get(record) ?? new Set()
    records.set(record, windows)
    if (window !== undefined) windows.add(window)
  }

  /** Everything that was given out up to the frontier, in the order of time, district, window. */
  private takeIn(): void {
    // What is taken in may make an hour due in between.
    for (let time = this.nextDue(); time <= this.clocks.frontier; time = this.nextDue()) {
      const records = [...this.pending.get(time) ?? []].sort(([a], [b]) => a.id < b.id ? -1 : 1)
      for (const [record, windows] of records) {
        for (const window of [...windows].sort((a, b) => a.start - b.start)) this.takeInWindow(window, record, time)
        for (const hour of record.hours.take(time)) this.windows.push(...hourRows(record, hour, time))
        record.release()
        this.changedDistricts.add(record)
      }
      this.pending.delete(time)
    }
  }

  private nextDue(): number {
    let next = Infinity
    for (const time of this.pending.keys()) if (time < next) next = time
    return next
  }

  private takeInWindow(window: DistrictWindow, record: DistrictRecord, time: number): void {
    if (!record.takesIn(window)) this.totals.afterHorizon += window.discard(time)
    const wasFinal = window.isFinal
    const changed = window.fold(time)
    record.touch(window)
    if (changed.length === 0) return
    const { events, rows, state, stateRow } = publish(record, window, time, changed, wasFinal, {
      weights: this.settings.weights,
      localHour: (instant) => localHour(instant, this.zone.offset(instant)) % 24
    })
    this.windows.push(...rows)
    this.states.push(stateRow)
    this.events.push(...events)
    const hourDue = record.hours.changed(window.start, time)
    if (hourDue > time) this.wait(hourDue, record)
    if (record.latest === undefined || state.start >= record.latest.start) {
      record.latest = state
      this.fresh.push(state)
    }
  }

  private applyCommand(command: Command): void {
    if (command._tag === "ConfigureDistricts") {
      this.settings = command.settings
      this.zone = cityTime(command.settings.timeZone)
    } else if (command._tag === "DescribeDistricts") this.describe(command.version, command.districts)
    else throw new RecordVersionUnknown({ version: recordVersion })
  }

  private describe(version: number, districts: ReadonlyArray<District>): void {
    this.describedVersion = version
    const described = new Map(districts.map((district) => [district.id as string, district]))
    for (const id of described.keys()) this.ensure(id)
    for (const record of this.districts.values()) {
      const description = described.get(record.id)
      if (description === undefined && record.description === undefined) continue
      record.description = description
      this.changedDistricts.add(record)
    }
  }

  /** Districts that are listed: those of the described set; without one, those that were observed. */
  get listed(): ReadonlyArray<DistrictRecord> {
    const all = [...this.districts.values()]
    return this.describedVersion === 0 ? all : all.filter(({ description }) => description !== undefined)
  }

  get time(): number {
    return this.clocks.frontier
  }
  get pendingRows(): number {
    return this.windows.length + this.states.length
  }
  get changed(): boolean {
    return this.headerChanged || this.changedDistricts.size > 0
  }
  /** Who hears of an event asks the history next. */
  get urgent(): boolean {
    return this.pendingRows > 0
  }
  get promptWaiting(): number {
    return this.events.length
  }
  takePrompt(): ReadonlyArray<CityEvent> {
    this.news = this.fresh
    this.fresh = []
    return this.events.splice(0)
  }
  /** Newest states that became public with the events taken last. */
  takeNews(): ReadonlyArray<DistrictState> {
    const { news } = this
    this.news = []
    return news
  }
  outputs(): ReadonlyArray<CityEvent> {
    return []
  }

  changes(): StageChanges {
    const groups = [...this.changedDistricts].flatMap((record) => record.takeParts())
    this.changedDistricts.clear()
    this.headerChanged = false
    return {
      header: this.header(),
      groups,
      baselines: [],
      datastreams: [],
      sensors: [],
      windows: new SealedWindows(),
      late: new LateObservations(),
      anomalies: [],
      districts: this.takeRows()
    }
  }

  /** The rows of the history since the last call. */
  takeRows(): DistrictRows {
    return { windows: this.windows.splice(0), states: this.states.splice(0) }
  }

  committed(): void {}

  /** Shard-wide state, as it is stored. */
  header(): Uint8Array {
    return encodeHeader({
      version: districtStateVersion,
      settings: this.settings,
      describedVersion: this.describedVersion,
      clocks: this.clocks.state,
      anomalies: this.heard.state,
      commands: this.commands.ids,
      totals: this.totals
    })
  }
}

export const DistrictStage: Stage<CityEvent, DistrictShard> = {
  name: "district",
  open: (shard, snapshot) => new DistrictShard(shard, snapshot)
}
