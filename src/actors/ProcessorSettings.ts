/** How the processors of both stages of this process work. */
import { Context, Duration } from "effect"

export interface ProcessorSettings {
  /** A changed state is committed at least this often; bounds what a restart replays. */
  readonly commitInterval: Duration.Duration
  /** How long a position may stay uncommitted when nothing but time passed. */
  readonly idleCommitInterval: Duration.Duration
  /** Rows that force a commit: sealed windows and late observations. */
  readonly pendingRowsMax: number
  /** Bytes of log applied before others get the event loop. */
  readonly sliceBytes: number
  /** Slices of a backlog one shard works off before another has its turn. */
  readonly slicesPerTurn: number
  /** Time in the log after which a turn ends all the same, so that no shard is far ahead of the others. */
  readonly turnSpan: Duration.Duration
  /** Of a backlog, how much may wait before it is published without a commit. */
  readonly promptWaitingMax: number
  /** How long an interrupted processor waits for the log to take what it has published … */
  readonly publishPatience: Duration.Duration
  /** … and for the store; many may drain at once, and each takes its turn. */
  readonly storePatience: Duration.Duration
  /** How long a processor that is not interrupted gives a store that is away the same commit again. */
  readonly storeAwayMax: Duration.Duration
}

export const defaultProcessorSettings: ProcessorSettings = {
  commitInterval: Duration.seconds(5),
  idleCommitInterval: Duration.seconds(30),
  pendingRowsMax: 40_000,
  sliceBytes: 128 * 1024,
  slicesPerTurn: 16,
  turnSpan: Duration.hours(1),
  promptWaitingMax: 2_048,
  publishPatience: Duration.seconds(5),
  storePatience: Duration.seconds(30),
  storeAwayMax: Duration.minutes(1)
}

export const ProcessorSettingsInForce = Context.Reference<ProcessorSettings>(
  "vicinity/actors/ProcessorSettingsInForce",
  { defaultValue: () => defaultProcessorSettings }
)
