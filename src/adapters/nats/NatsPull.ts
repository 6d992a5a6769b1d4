/** Messages of a consumer one by one for who may be interrupted. Promise: each is given once, or given back to the server. */
import type { ConsumerMessages, JsMsg } from "@nats-io/jetstream"
import { Effect } from "effect"
import { LogUnavailable } from "../../ports/ShardedLog.ts"

export class NatsPull {
  private readonly messages: ConsumerMessages
  private readonly iterator: AsyncIterator<JsMsg>
  /** What was asked for and is not given yet. */
  private coming: Promise<IteratorResult<JsMsg>> | undefined

  constructor(messages: ConsumerMessages) {
    this.messages = messages
    this.iterator = messages[Symbol.asyncIterator]()
  }

  get next(): Effect.Effect<JsMsg, LogUnavailable> {
    return Effect.callback<IteratorResult<JsMsg>, LogUnavailable>((resume) => {
      const coming = this.coming ??= this.iterator.next()
      coming.then((result) => resume(Effect.succeed(result)), (cause) => resume(Effect.fail(stopped(cause))))
    }).pipe(
      Effect.flatMap((result) => {
        this.coming = undefined
        return result.done === true ? Effect.fail(stopped("the connection was closed")) : Effect.succeed(result.value)
      })
    )
  }

  /** Asks for no more; what came and was not given comes again to whoever asks next. */
  async giveBack(): Promise<void> {
    void this.messages.close()
    try {
      while (true) {
        const { done, value } = await (this.coming ?? this.iterator.next())
        this.coming = undefined
        if (done === true) return
        value.nak()
      }
    } catch {
      // It had failed: then the server gives them again by itself.
    }
  }
}

const stopped = (cause: unknown): LogUnavailable => {
  const detail = cause instanceof Error ? cause.message : String(cause)
  return new LogUnavailable({ operation: "read", detail, cause })
}
