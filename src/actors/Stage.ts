/**
 * What a stage is to the shard machine: plain state that is a function of its log, and of nothing else. The machine feeds it
 * records in order, publishes what follows from them, and commits what changed together with the position. The sensor stage is
 * one; the district stage is the other.
 */
import type { WordWriter } from "../analytics/WordWriter.ts"
import type { Commit, ShardSnapshot, StageName } from "../ports/ShardStore.ts"

/** What a commit needs from the state. */
export type StageChanges = Pick<
  Commit,
  "header" | "groups" | "baselines" | "datastreams" | "sensors" | "windows" | "late" | "anomalies" | "districts"
>

/** `Output` is what the stage publishes: records of a log, or events. */
export interface StageState<Output> {
  /**
   * Applies one record. Throws `RecordCorrupt` or `RecordVersionUnknown` before anything changed; whatever else it throws
   * leaves the state void, and `applyingIndex` tells the observation that did it. Observations in `skip` are counted as
   * quarantined.
   */
  readonly apply: (sequence: number, payload: Uint8Array, skip: ReadonlySet<number> | undefined) => void
  /** Index in its batch of the observation `apply` is at; −1 outside a batch. */
  readonly applyingIndex: number
  /** Counts a record that could not be read and was kept aside. */
  readonly skipCorrupt: () => void
  /** What is to be published with the next commit, apart from `takePrompt`. */
  readonly outputs: (sequence: number) => ReadonlyArray<Output>
  /** What somebody waits for, so that it is published as soon as the shard has caught up, and not only with a commit. */
  readonly takePrompt: () => ReadonlyArray<Output>
  /** How much of that waits. */
  readonly promptWaiting: number
  /** Time in the log, epoch milliseconds: shards that work off a backlog take turns by it. */
  readonly time: number
  /**
   * What changed since the last call; the state counts it as handed over. Bytes may be views of `writer`, which is emptied
   * first: they are valid until it is written to again.
   */
  readonly changes: (writer: WordWriter) => StageChanges
  /** What was handed over last is stored: readers find it there. */
  readonly committed: () => void
  /** Rows the next commit will write. */
  readonly pendingRows: number
  /** Something changed that a commit would keep (more than the position). */
  readonly changed: boolean
  /** Something changed that callers wait for (a new sensor). */
  readonly urgent: boolean
}

export interface Stage<Output, State extends StageState<Output>> {
  readonly name: StageName
  /** State as of a snapshot; new where there is none. Throws where the snapshot was written by a newer version. */
  readonly open: (shard: number, snapshot: ShardSnapshot | undefined) => State
}
