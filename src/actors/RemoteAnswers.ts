/** Answers of another runner of the cluster, to queries about what is not in this process. */
import { Duration, Effect } from "effect"
import { ShardNotReady } from "./SensorProtocol.ts"

const queryTimeout = Duration.seconds(2)

/**
 * What is neither `ShardNotReady` nor an error of the protocol (no runner, full mailbox, time-out) becomes `ShardNotReady`: a
 * caller may come again.
 */
export const remoteError =
  <E = never>(shard: number, isOfProtocol: (error: unknown) => error is E = (_error): _error is never => false) =>
  (error: unknown): E | ShardNotReady =>
    error instanceof ShardNotReady || isOfProtocol(error)
      ? error
      : new ShardNotReady({ shard, detail: `its runner did not answer: ${String(error)}` })

/** Waits two seconds for an answer. */
export const remoteAnswer = <A, E = never>(
  shard: number,
  answer: Effect.Effect<A, unknown>,
  isOfProtocol?: (error: unknown) => error is E
): Effect.Effect<A, E | ShardNotReady> =>
  answer.pipe(Effect.timeout(queryTimeout), Effect.mapError(remoteError<E>(shard, isOfProtocol)))
