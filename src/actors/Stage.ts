/**
 * What a stage is to the shard machine: plain state that is a function of its log, and of nothing else. The machine feeds it
 * records in order, publishes what it closed, and commits what changed together with the position. The sensor stage is one;
 * the district stage will be the other.
 */
import type { WordWriter } from "../analytics/WordWriter.ts"
import type { Commit, ShardSnapshot, StageName } from "../ports/ShardStore.ts"

/** What a commit needs from the state. */
export type StageChanges = Pick<
  Commit,
  "header" | "groups" | "baselines" | "datastreams" | "sensors" | "windows" | "late"
>

export interface StageState {
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
  /** Records to publish for what closed since the last `changes`. */
  readonly outputs: (sequence: number) => ReadonlyArray<Uint8Array>
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

export interface Stage<State extends StageState> {
  readonly name: StageName
  /** State as of a snapshot; new where there is none. Throws where the snapshot was written by a newer version. */
  readonly open: (shard: number, snapshot: ShardSnapshot | undefined) => State
}
