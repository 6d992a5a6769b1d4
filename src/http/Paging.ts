/** What the lists of the API have in common: how long a page is, where it goes on, how instants are described. */
import { Schema } from "effect"
import { describeLimit, limitParameter } from "./LimitParameter.ts"

/** Most items of a page. */
const pageLimitMax = 1_000
export const pageLimitDefault = 100

export const limit = limitParameter(pageLimitMax)
export const describePageLimit = describeLimit(pageLimitMax, pageLimitDefault)

export const Cursor = Schema.String.annotate({
  description: "`nextCursor` of the page before; the other parameters as before"
})
export const NextCursor = Schema.NullOr(Schema.String).annotate({ description: "Pass as `cursor`; null at the end" })

export const Instant = (description: string) => Schema.String.annotate({ description: `${description} (RFC 3339)` })

export const Bbox = (what: string) =>
  Schema.String.annotate({
    description: `west,south,east,north in degrees${what}; west > east crosses the antimeridian`,
    examples: ["24.8,60.1,25.1,60.3"]
  })

export const Property = (example: string) =>
  Schema.String.annotate({ description: "Name of an observed property: see /v1/properties", examples: [example] })
