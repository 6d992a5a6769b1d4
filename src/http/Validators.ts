/**
 * Answers that change seldom may be kept by who asked, if it asks before each use whether they still hold (`Cache-Control: no-cache`,
 * RFC 9111 §5.2.2.4). Promise: every such answer has an `ETag` of its bytes, and who names it in `If-None-Match` gets 304 and no body.
 *
 * Weak ones (RFC 9110 §8.8.1): one tag stands for an answer with gzip and without, which differ in their bytes (§8.8.3.3), and only
 * ranges, which are not served here, need strong ones. What has no such header is live, and is not to be stored at all.
 */
import { Effect } from "effect"
import { Base64Url } from "effect/encoding"
import { HttpServerResponse } from "effect/http"

type Response = HttpServerResponse.HttpServerResponse

/** Headers of an answer that is to have a validator. `RequestEdge` adds it, where all answers come by. */
export const revalidated = { "cache-control": "no-cache" } as const

/** 128 bits of SHA-256: two answers with the same tag will not be met. */
const tagBytes = 16

/** Documents are made once, so they are hashed once. */
const tags = new WeakMap<Uint8Array, string>()

const tagOf = (body: Uint8Array): Effect.Effect<string> => {
  const known = tags.get(body)
  if (known !== undefined) return Effect.succeed(known)
  return Effect.map(Effect.promise(() => crypto.subtle.digest("SHA-256", new Uint8Array(body))), (digest) => {
    const tag = `W/"${Base64Url.encode(new Uint8Array(digest, 0, tagBytes))}"`
    tags.set(body, tag)
    return tag
  })
}

const opaqueTags = /(?:W\/)?("[^"]*")/g

/** Whether `If-None-Match` names a tag; weak comparison (RFC 9110 §13.1.2). */
export const names = (ifNoneMatch: string | undefined, tag: string): boolean => {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch.trim() === "*") return true
  const opaque = tag.replace(/^W\//, "")
  return [...ifNoneMatch.matchAll(opaqueTags)].some(([, named]) => named === opaque)
}

/** Whether an answer is to have a validator, and has none of its own. */
export const isRevalidated = ({ body, headers, status }: Response): boolean =>
  headers["cache-control"] === revalidated["cache-control"] && headers["etag"] === undefined && status === 200
  && body._tag === "Uint8Array"

/** With its validator; 304 for who has it already (RFC 9110 §15.4.5: with the headers a cache needs). */
export const validated = (response: Response, ifNoneMatch: string | undefined): Effect.Effect<Response> => {
  const { body } = response
  if (body._tag !== "Uint8Array") return Effect.succeed(response)
  return Effect.map(tagOf(body.body), (etag) => {
    const headers = { etag, vary: "accept-encoding" }
    return names(ifNoneMatch, etag)
      ? HttpServerResponse.empty({ status: 304, headers: { ...revalidated, ...headers } })
      : HttpServerResponse.setHeaders(response, headers)
  })
}

/** Says so in the OpenAPI document. */
export const describeValidators = (operation: Record<string, any>): Record<string, any> => {
  const { "200": success, ...others } = operation["responses"]
  return {
    ...operation,
    parameters: [...operation["parameters"] ?? [], {
      name: "If-None-Match",
      in: "header",
      required: false,
      schema: { type: "string" },
      description: "The `ETag` of an answer you have"
    }],
    responses: {
      "200": {
        ...success,
        headers: { ETag: { schema: { type: "string" }, description: "Weak: of the content, whatever its encoding" } }
      },
      "304": { description: "The answer with that `ETag` still holds" },
      ...others
    }
  }
}
