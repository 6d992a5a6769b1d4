/** The contract of rejected input. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { RejectionReason } from "../schemas/Observation.ts"
import { describeLimit, limitParameter } from "./LimitParameter.ts"
import { problems } from "./Problems.ts"

/** Fewer than elsewhere, because each may hold 64 KiB of raw input. */
export const rejectedLimitMax = 100
export const rejectedLimitDefault = 50

export const RejectedItem = Schema.Struct({
  id: Schema.String,
  receivedAt: Schema.String.annotate({ description: "RFC 3339 UTC" }),
  source: Schema.String,
  reason: RejectionReason,
  detail: Schema.String,
  raw: Schema.String.annotate({ description: "The input as it came, or its beginning" }),
  rawEncoding: Schema.Literals(["utf-8", "base64"]).annotate({ description: "How `raw` shows the bytes" }),
  rawBytes: Schema.Int.annotate({ description: "Length of the whole input" })
}).annotate({ identifier: "RejectedItem" })

export const RejectedPage = Schema.Struct({
  items: Schema.Array(RejectedItem),
  nextCursor: Schema.NullOr(Schema.String)
}).annotate({ identifier: "RejectedPage" })

export const RejectedCounts = Schema.Struct({
  byReason: Schema.Record(Schema.String, Schema.Int),
  total: Schema.Int,
  dropped: Schema.Int.annotate({ description: "Counted, but no longer held: the oldest go first" })
}).annotate({ identifier: "RejectedCounts" })

const list = HttpApiEndpoint.get("list", "/v1/rejected", {
  query: {
    reason: Schema.optionalKey(RejectionReason.annotate({ description: "Only this one", examples: ["implausible"] })),
    limit: limitParameter(rejectedLimitMax),
    cursor: Schema.optionalKey(Schema.String.annotate({ description: "`nextCursor` of the page before" }))
  },
  success: RejectedPage,
  error: problems(400, 429, 503)
}).annotateMerge(OpenApi.annotations({
  summary: "Rejected input, newest first, with its raw bytes",
  transform: describeLimit(rejectedLimitMax, rejectedLimitDefault)
}))

const counts = HttpApiEndpoint.get("counts", "/v1/rejected/counts", { success: RejectedCounts, error: problems(429) })
  .annotateMerge(
    OpenApi.annotations({ summary: "How much was rejected, by reason, since the log was created" })
  )

export class RejectedApi extends HttpApiGroup.make("rejected").add(list).add(counts).annotateMerge(
  OpenApi.annotations({ title: "Rejected", description: "Bad input: answered, kept, counted" })
) {}
