/**
 * Group commit: everything that waits is written with one write and one sync, then acknowledged. Promise: what is
 * acknowledged is on disk and counted as durable; a group that fails fails for everyone in it and everyone behind it, is
 * taken back from the file, and uses up no sequence; after a failed sync that file is never written again. Memory is
 * bounded: one group being written, one being filled, and a limited number of appenders that wait for room.
 */
import { statfs } from "node:fs/promises"
import { LogFull, LogUnavailable } from "../../ports/ShardedLog.ts"
import type { LogFolder } from "./FileLogFolder.ts"
import { frameBytes, writeFrame } from "./FileLogFormat.ts"

export interface WriterSettings {
  /** The next segment is started when a group would make this one larger. */
  readonly segmentBytes: number
  readonly limitBytes: number
  /** Bytes of the disk that are left to others: appends fail as on a full disk when no more are free. */
  readonly reserveBytes: number
  /** Largest record. */
  readonly recordBytesMax: number
  /** Bytes of frames in one group; one append may be larger, up to four times this, and then goes alone. */
  readonly groupBytesMax: number
  /** Appends that wait for room in a group, and their bytes. */
  readonly waitingMax: number
  readonly waitingBytesMax: number
  /** Makes room for so many bytes where it may; called before `LogFull` is said, and after a segment was started. */
  readonly makeRoom: (bytes: number) => void
  /** After the sync, before anybody is told. */
  readonly afterAppend: (() => Promise<void>) | undefined
  /** Shards that have new durable records (one may be named twice). */
  readonly onDurable: (shards: ReadonlyArray<number>) => void
}

export interface AppendSet {
  readonly records: ReadonlyArray<{ readonly shard: number; readonly payload: Uint8Array }>
  /** Called once: with sequences in the order of the records, or with what went wrong. */
  readonly done: (outcome: ReadonlyArray<number> | LogFull | LogUnavailable) => void
}

/** How long a source should wait at the limit: room comes with a commit of the slowest consumer. */
const retryAfterMillis = 1000
const initialBufferBytes = 256 * 1024

/** Sets whose frames are in one buffer. */
class Group {
  buffer: Buffer = Buffer.allocUnsafeSlow(initialBufferBytes)
  used = 0
  readonly sets: Array<{ readonly set: AppendSet; readonly sequences: Array<number> }> = []
  readonly shards: Array<number> = []
  readonly offsets: Array<number> = []

  reserve(bytes: number): void {
    if (this.used + bytes <= this.buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.used + bytes, 2 * this.buffer.length))
    grown.set(this.buffer.subarray(0, this.used))
    this.buffer = grown
  }

  clear(bufferBytesMax: number): void {
    this.used = 0
    this.sets.length = 0
    this.shards.length = 0
    this.offsets.length = 0
    if (this.buffer.length > bufferBytesMax) this.buffer = Buffer.allocUnsafeSlow(initialBufferBytes)
  }
}

/** How long a look at the free bytes of the disk counts. */
const freeMillis = 500

export class LogWriter {
  private readonly folder: LogFolder
  private readonly settings: WriterSettings
  private filling = new Group()
  private spare = new Group()
  private flushing: Group | undefined
  private readonly waiting: Array<AppendSet> = []
  private waitingBytes = 0
  /** Next sequence of each shard, counting what is not durable yet. */
  private readonly next: Float64Array
  private pumping: Promise<void> | undefined
  private broken: "write" | "sync" | undefined
  private closed = false
  /** Bytes free on the disk, as of `freeAt` less what was written since. */
  private free = 0
  private freeAt = -Infinity

  constructor(folder: LogFolder, settings: WriterSettings) {
    this.folder = folder
    this.settings = settings
    this.next = folder.durableNext.slice()
  }

  /** Takes the set into the group being filled, or lets it wait for room. The payloads are copied when it is taken. */
  append(set: AppendSet): void {
    const refusal = this.refusal(set)
    if (refusal !== undefined) return set.done(refusal)
    if (this.waiting.length === 0 && this.fits(set)) this.take(set)
    else {
      this.waiting.push(set)
      this.waitingBytes += bytesOf(set)
    }
    this.pumping ??= new Promise((resolve) => setImmediate(resolve)).then(() => this.pump())
  }

  /** The set is no longer wanted. True where it still waited for room: then it will not be written. */
  forget(set: AppendSet): boolean {
    const at = this.waiting.indexOf(set)
    if (at < 0) return false
    this.waiting.splice(at, 1)
    this.waitingBytes -= bytesOf(set)
    return true
  }

  /** Refuses new sets and ends when those it has are done. */
  async close(): Promise<void> {
    this.closed = true
    await this.pumping
  }

  private refusal(set: AppendSet): LogUnavailable | undefined {
    if (this.closed) return refuse("the log is closed")
    const { groupBytesMax, recordBytesMax, waitingBytesMax, waitingMax } = this.settings
    for (const { payload } of set.records) {
      if (payload.length > recordBytesMax) {
        return refuse(
          `a record of ${payload.length} bytes is larger than the ${recordBytesMax} allowed: send smaller batches`
        )
      }
    }
    if (bytesOf(set) > 4 * groupBytesMax) {
      return refuse(`${bytesOf(set)} bytes in one append, at most ${4 * groupBytesMax} are allowed: append in parts`)
    }
    if (this.waiting.length >= waitingMax || this.waitingBytes > waitingBytesMax) {
      return refuse(
        `the disk is slower than the sources, ${this.waiting.length} appends already wait for it: try again`
      )
    }
    return undefined
  }

  private fits(set: AppendSet): boolean {
    return this.filling.used === 0 || this.filling.used + bytesOf(set) <= this.settings.groupBytesMax
  }

  private take(set: AppendSet): void {
    const bytes = bytesOf(set)
    const group = this.filling
    const { limitBytes, makeRoom } = this.settings
    const inFlight = group.used + (this.flushing?.used ?? 0)
    if (this.folder.totalBytes + inFlight + bytes > limitBytes) makeRoom(inFlight + bytes)
    if (this.folder.totalBytes + inFlight + bytes > limitBytes) {
      return set.done(new LogFull({ bytes: this.folder.totalBytes + inFlight, limitBytes, retryAfterMillis }))
    }
    const sequences: Array<number> = []
    group.reserve(bytes)
    for (const { shard, payload } of set.records) {
      const sequence = this.next[shard] as number
      this.next[shard] = sequence + 1
      sequences.push(sequence)
      group.shards.push(shard)
      group.offsets.push(group.used)
      group.used += writeFrame(group.buffer, group.used, shard, sequence, group.used, payload)
    }
    group.sets.push({ set, sequences })
  }

  private admitWaiting(): void {
    let admitted = 0
    for (; admitted < this.waiting.length; admitted++) {
      const set = this.waiting[admitted] as AppendSet
      if (!this.fits(set)) break
      this.waitingBytes -= bytesOf(set)
      this.take(set)
    }
    if (admitted > 0) this.waiting.splice(0, admitted)
  }

  private async pump(): Promise<void> {
    this.admitWaiting()
    while (this.filling.sets.length > 0) {
      const group = this.filling
      this.filling = this.spare
      this.flushing = group
      this.admitWaiting()
      await this.flush(group)
      this.flushing = undefined
      group.clear(2 * this.settings.groupBytesMax)
      this.spare = group
      this.admitWaiting()
    }
    this.pumping = undefined
  }

  /** Never throws: every set of the group is told. */
  private async flush(group: Group): Promise<void> {
    try {
      await this.writeDurably(group)
    } catch (cause) {
      return this.fail(group, unavailable(cause))
    }
    const base = this.folder.active.bytes
    for (let i = 0; i < group.shards.length; i++) {
      const offset = group.offsets[i] as number
      const end = i + 1 < group.offsets.length ? group.offsets[i + 1] as number : group.used
      this.folder.addDurable(group.shards[i] as number, base + offset, end - offset)
    }
    this.folder.grew(group.used)
    this.flushing = undefined
    let lost: LogUnavailable | undefined
    try {
      await this.settings.afterAppend?.()
    } catch (cause) {
      lost = unavailable(cause)
    }
    this.settings.onDurable(group.shards)
    for (const { set, sequences } of group.sets) set.done(lost ?? sequences)
  }

  private async writeDurably(group: Group): Promise<void> {
    const { folder, settings } = this
    if (group.used === 0) return
    await this.checkReserve(group.used)
    if (this.broken !== undefined) await this.mend()
    if (folder.active.bytes + group.used > settings.segmentBytes && folder.active.bytes > folder.active.headerBytes) {
      await folder.roll()
      settings.makeRoom(group.used)
    }
    let stage: "write" | "sync" = "write"
    try {
      await folder.write(group.buffer, group.used)
      stage = "sync"
      await folder.sync()
    } catch (cause) {
      this.broken = stage
      folder.settings.report("warning", "the log cannot be written, appends are refused until it can", {
        folder: folder.settings.folder,
        stage,
        failure: String(cause)
      })
      // At once, so that nothing half written stays behind; where this fails too it is tried before the next group.
      await this.mend().catch(() => undefined)
      throw cause
    }
  }

  /** Refuses what would use up the last of the disk, which others on it need to go on. */
  private async checkReserve(bytes: number): Promise<void> {
    const { reserveBytes } = this.settings
    if (reserveBytes === 0) return
    const now = performance.now()
    if (now - this.freeAt > freeMillis) {
      const { bavail, bsize } = await statfs(this.folder.settings.folder)
      this.free = bavail * bsize
      this.freeAt = now
    }
    this.free -= bytes
    if (this.free >= reserveBytes) return
    const left = `${Math.max(0, Math.floor(this.free / 2 ** 20))} MiB are left of which ${
      reserveBytes / 2 ** 20
    } are kept`
    throw Object.assign(new Error(left), { code: "ENOSPC" })
  }

  /**
   * After a failed write the file is cut back to its durable bytes. After a failed sync the kernel may call pages clean that
   * never reached the disk, so nothing more is written into that file either: the next segment is started.
   */
  private async mend(): Promise<void> {
    await this.folder.cutBack()
    if (this.broken === "sync") await this.folder.roll()
    this.broken = undefined
    this.folder.settings.report("info", "the log file was cut back to its last acknowledged record", {
      folder: this.folder.settings.folder
    })
  }

  private fail(group: Group, failure: LogUnavailable): void {
    const behind = this.filling.sets.splice(0)
    const waiting = this.waiting.splice(0)
    this.waitingBytes = 0
    this.filling.clear(2 * this.settings.groupBytesMax)
    this.next.set(this.folder.durableNext)
    for (const { set } of [...group.sets, ...behind]) set.done(failure)
    for (const set of waiting) set.done(failure)
  }
}

const refuse = (detail: string): LogUnavailable => new LogUnavailable({ operation: "append", detail })

const bytesOf = (set: AppendSet): number => {
  let bytes = 0
  for (const { payload } of set.records) bytes += frameBytes(payload.length)
  return bytes
}

const unavailable = (cause: unknown): LogUnavailable => {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined
  const reason = cause instanceof Error ? cause.message : String(cause)
  const advice = code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG"
    ? "the disk is full; nothing of this append is kept, and it will work again when there is room"
    : "nothing of this append was acknowledged"
  return new LogUnavailable({ operation: "append", detail: `${reason}: ${advice}`, cause })
}
