/** Showing rejected input: text where it is text, base64 where it is not. */
import { Effect } from "effect"
import { Base64 } from "effect/encoding"
import { HttpApiBuilder } from "effect/http-api"
import { RejectedLog, type Rejection } from "../ports/RejectedLog.ts"
import { toRfc3339 } from "../schemas/Quantities.ts"
import { requireScope } from "./Authorization.ts"
import { RoutedApi } from "./CityApi.ts"
import { answering } from "./Refusals.ts"
import { rejectedLimitDefault } from "./RejectedApi.ts"

// A byte order mark is part of what was sent.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const textOf = (bytes: Uint8Array) => {
  try {
    return { raw: utf8.decode(bytes), rawEncoding: "utf-8" as const }
  } catch {
    return { raw: Base64.encode(bytes), rawEncoding: "base64" as const }
  }
}

const shown = (rejection: Rejection) => ({
  id: rejection.id,
  receivedAt: toRfc3339(rejection.receivedAt),
  source: rejection.source,
  reason: rejection.reason,
  detail: rejection.detail,
  ...textOf(rejection.raw),
  rawBytes: rejection.rawBytes
})

export const layer = HttpApiBuilder.group(
  RoutedApi,
  "rejected",
  Effect.fnUntraced(function*(handlers) {
    const log = yield* RejectedLog
    return handlers
      .handle("list", ({ query }) =>
        requireScope("operate").pipe(
          Effect.andThen(log.list({
            limit: query.limit ?? rejectedLimitDefault,
            cursor: query.cursor,
            reason: query.reason
          })),
          Effect.map((page) => ({ items: page.items.map(shown), nextCursor: page.nextCursor })),
          answering
        ))
      .handle("counts", () => answering(Effect.andThen(requireScope("operate"), log.counts)))
  })
)
