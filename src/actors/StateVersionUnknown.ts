/** The state of a shard was written by a newer Vicinity: the shard does not start. */
import { Schema } from "effect"

export class StateVersionUnknown extends Schema.TaggedError<StateVersionUnknown>()("StateVersionUnknown", {
  shard: Schema.Int,
  version: Schema.Int,
  /** The newest this program reads. */
  known: Schema.Int
}) {
  override get message(): string {
    return `shard ${this.shard}: its state is of format ${this.version}, this program knows up to ${this.known}; `
      + "start the newer version again"
  }
}

const decodeVersion = Schema.decodeSync(Schema.fromJsonString(Schema.Struct({ version: Schema.Int })))

/** The version a stored header says of itself, before the rest of it is read; throws where it is newer than `known`. */
export const requireKnownVersion = (shard: number, headerText: string, known: number): void => {
  const { version } = decodeVersion(headerText)
  if (version > known) throw new StateVersionUnknown({ shard, version, known })
}
