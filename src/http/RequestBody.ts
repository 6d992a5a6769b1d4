/**
 * The bytes of a request, inflated if need be. Promises: never more than `bodyBytesMax` of one body are held, whatever its
 * headers say; all bodies together stay below `bodiesBytesMax`; what is too large is refused as early as it is known.
 */
import { Context, Duration, Effect, Layer, Schema, Stream } from "effect"
import type { HttpServerRequest } from "effect/http"
import { HttpServerError } from "effect/http"
import { HttpSettings } from "./HttpSettings.ts"

/** Longer than allowed; `prefix` is what was read of it. */
export class BodyTooLarge extends Schema.TaggedError<BodyTooLarge>()("BodyTooLarge", {
  detail: Schema.String,
  prefix: Schema.Uint8Array
}) {}
export class EncodingUnsupported extends Schema.TaggedError<EncodingUnsupported>()("EncodingUnsupported", {
  encoding: Schema.String
}) {}
/** Not what its `Content-Encoding` says. */
export class BodyCorrupt extends Schema.TaggedError<BodyCorrupt>()("BodyCorrupt", { detail: Schema.String }) {}
/** Other bodies take all the memory there is for them. */
export class BodiesBusy extends Schema.TaggedError<BodiesBusy>()("BodiesBusy", { retryAfterMillis: Schema.Int }) {}
/** Takes longer than it may: it would hold the memory of others. */
export class BodyTooSlow extends Schema.TaggedError<BodyTooSlow>()("BodyTooSlow", { detail: Schema.String }) {}
/** The caller went away, or spoke no HTTP. */
export class BodyBroken extends Schema.TaggedError<BodyBroken>()("BodyBroken", { detail: Schema.String }) {}

export type BodyError = BodyTooLarge | BodyTooSlow | EncodingUnsupported | BodyCorrupt | BodiesBusy | BodyBroken

export class RequestBody extends Context.Service<RequestBody, {
  /** Runs `use` on the bytes; they count as held until it ends. */
  readonly withBytes: <A, E, R>(
    request: HttpServerRequest.HttpServerRequest,
    use: (bytes: Uint8Array) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | BodyError, R>
}>()("vicinity/http/RequestBody") {}

/** How much of a refused body is kept. */
const prefixBytesMax = 65_536
const busyRetryMillis = 1_000
/** A body this small may take its time (as much as the server gives a request): it holds next to nothing. */
const smallBytesMax = 65_536

export const layer = Layer.effect(
  RequestBody,
  Effect.gen(function*() {
    const { bodyBytesMax, bodiesBytesMax, bodyTimeout } = yield* HttpSettings
    let held = 0
    const hold = (bytes: number) =>
      Effect.suspend(() => {
        if (held + bytes > bodiesBytesMax && held > 0) {
          return Effect.fail(new BodiesBusy({ retryAfterMillis: busyRetryMillis }))
        }
        held += bytes
        return Effect.succeed(bytes)
      })
    const release = (bytes: number) => Effect.sync(() => void (held -= bytes))

    return RequestBody.of({
      withBytes: (request, use) =>
        Effect.gen(function*() {
          const gzipped = yield* isGzip(request.headers["content-encoding"])
          const declared = request.headers["content-length"]
          const length = declared === undefined ? undefined : Number(declared)
          if (length !== undefined && length > bodyBytesMax) {
            return yield* new BodyTooLarge({ detail: tooLarge(length, bodyBytesMax), prefix: new Uint8Array(0) })
          }
          const bytes = gzipped || length === undefined || length > smallBytesMax
            ? inTime(collected(request, gzipped, bodyBytesMax), bodyTimeout)
            : whole(request)
          return yield* Effect.acquireUseRelease(
            hold(gzipped ? bodyBytesMax : length ?? bodyBytesMax),
            () => Effect.flatMap(bytes, use),
            release
          )
        })
    })
  })
)

const tooLarge = (bytes: number, limit: number) =>
  `the body has ${bytes} bytes, more than the ${limit} that are taken; send fewer observations at once`

const isGzip = (encoding: string | undefined): Effect.Effect<boolean, EncodingUnsupported> => {
  const coding = (encoding ?? "identity").trim().toLowerCase()
  if (coding === "identity" || coding === "") return Effect.succeed(false)
  if (coding === "gzip" || coding === "x-gzip") return Effect.succeed(true)
  return Effect.fail(new EncodingUnsupported({ encoding: coding }))
}

const inTime = <A, E>(read: Effect.Effect<A, E>, timeout: Duration.Duration): Effect.Effect<A, E | BodyTooSlow> =>
  Effect.timeoutOrElse(read, {
    duration: timeout,
    orElse: () =>
      Effect.fail(new BodyTooSlow({ detail: `the body did not come within ${Duration.toSeconds(timeout)} s` }))
  })

/** Chunks up to a limit. */
class Collected {
  readonly chunks: Array<Uint8Array> = []
  bytes = 0

  add(chunk: Uint8Array): void {
    this.chunks.push(chunk)
    this.bytes += chunk.length
  }

  joined(): Uint8Array {
    const [only] = this.chunks
    if (only !== undefined && this.chunks.length === 1) return only
    const all = new Uint8Array(this.bytes)
    let at = 0
    for (const chunk of this.chunks) {
      all.set(chunk, at)
      at += chunk.length
    }
    return all
  }
}

/** A body that cannot be longer than it said, which has been checked: HTTP ends it there. */
const whole = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<Uint8Array, BodyBroken> =>
  Effect.mapBoth(request.arrayBuffer, { onFailure: brokenBody, onSuccess: (buffer) => new Uint8Array(buffer) })

/** A body whose length is seen only as it comes. */
const collected = (
  request: HttpServerRequest.HttpServerRequest,
  gzipped: boolean,
  limit: number
): Effect.Effect<Uint8Array, BodyError> =>
  Effect.suspend(() => {
    const held = new Collected()
    const body = Stream.mapError(request.stream, brokenBody)
    return (gzipped ? inflated(body) : body).pipe(
      Stream.runForEach((chunk) => {
        if (held.bytes + chunk.length <= limit) return Effect.sync(() => held.add(chunk))
        const prefix = held.joined().slice(0, prefixBytesMax)
        return Effect.fail(
          new BodyTooLarge({
            detail: `the ${gzipped ? "inflated " : ""}body is longer than the ${limit} bytes that are taken; `
              + "send fewer observations at once",
            prefix: prefix.length > 0 ? prefix : chunk.slice(0, prefixBytesMax)
          })
        )
      }),
      Effect.map(() => held.joined())
    )
  })

/** Inflating streams in step with the reader, so a small body that inflates to a huge one is cut off at the limit. */
const inflated = <E>(body: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E | BodyCorrupt> =>
  Stream.fromReadableStream({
    evaluate: () => Stream.toReadableStream(Stream.map(body, ownBytes)).pipeThrough(new DecompressionStream("gzip")),
    onError: () => new BodyCorrupt({ detail: "the body is not gzip, or cut off, though Content-Encoding says gzip" })
  })

/** Web streams want bytes that are not shared with anybody. */
const ownBytes = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes)

const brokenBody = (error: HttpServerError.HttpServerError): BodyBroken =>
  new BodyBroken({ detail: `the body cannot be read: ${error.reason._tag}` })
