/**
 * Whether a stream is the one it was and has what comes next. Pure: what it is told decides. A position that cannot be honoured is
 * refused and never bent.
 */
import type { StreamInfo } from "@nats-io/jetstream"
import { PositionNotHonoured } from "../../ports/ShardedLog.ts"
import { firstOf, type NatsShardMemory } from "./NatsShardMemory.ts"

/** `next` is needed; `missing` did not come though it should have, twice. `undefined`: all is well. */
export const notHonoured = (
  info: StreamInfo | undefined,
  { created, shard, stream }: Pick<NatsShardMemory, "created" | "shard" | "stream">,
  next: number,
  missing: number
): PositionNotHonoured | undefined => {
  const refused = (reason: PositionNotHonoured["reason"], detail: string): PositionNotHonoured =>
    new PositionNotHonoured({ shard, reason, detail })
  if (info === undefined) return refused("other-identity", `stream ${stream} is gone: it was deleted`)
  if (info.created !== created) {
    const detail = `stream ${stream} was made anew: it is of ${info.created}, the log that was opened of ${created}`
    return refused("other-identity", detail)
  }
  const first = firstOf(info.state)
  const { last_seq: last } = info.state
  if (next - 1 > last) {
    return refused("ahead-of-log", `position ${next - 1} is not in stream ${stream}, its last record is ${last}`)
  }
  if (next < first) {
    const detail = `position ${next - 1} needs record ${next} of stream ${stream}, the first kept is ${first}`
    return refused("purged", detail)
  }
  if (missing === next) {
    const detail = `record ${next} of stream ${stream} is missing: ${first} to ${last} are said to be kept`
    return refused("damaged", detail)
  }
  return undefined
}
