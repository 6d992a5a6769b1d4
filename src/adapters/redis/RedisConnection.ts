/**
 * One connection to Redis that is allowed to be away. Promises: what is asked while it is away fails at once; an answer that does not come
 * in time, or an error of the server, ends the connection, and one fiber opens another with back-off; nothing waits in a queue of
 * the client; the connection counts as up only after Redis has shown that it takes what is needed (`trial`).
 */
import { Deferred, Duration, Effect, Redacted, type Scope } from "effect"
import { Redis } from "ioredis"
import { isOfKey, RedisUnavailable, unavailable } from "./RedisUnavailable.ts"

/** Redis said something about the key that was asked for; the connection is as good as before. */
export class RedisKeyRefused extends RedisUnavailable {}

export interface RedisConnection {
  /** Host and port, without what is secret. */
  readonly place: string
  readonly ask: <A>(
    question: (client: Redis) => Promise<A>,
    patience: Duration.Duration
  ) => Effect.Effect<A, RedisUnavailable>
  /** Why it is away; `undefined` while it is up. */
  readonly trouble: () => string | undefined
}

interface Session {
  readonly client: Redis
  readonly ended: Deferred.Deferred<never, RedisUnavailable>
}

const backOffMillis = 250
const backOffMillisMax = 10_000
/** A connection that was good for so long begins its back-off anew. */
const steadyMillis = 10_000
const connectPatience = Duration.seconds(2)

const urlOf = (text: string): URL | undefined => {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  return url.protocol === "redis:" || url.protocol === "rediss:" ? url : undefined
}

const placeOf = (parsed: URL | undefined): string =>
  parsed === undefined ? "?" : `${parsed.hostname}:${parsed.port === "" ? "6379" : parsed.port}`

const noUrl = "the URL of Redis is none: redis://[user:password@]host[:port][/database] is expected"

/** Connects once and lets go; where it is, or why it cannot be used. */
export const examine = (
  url: Redacted.Redacted<string>,
  trial: (client: Redis) => Promise<unknown>
): Effect.Effect<string, RedisUnavailable> => {
  const parsed = urlOf(Redacted.value(url))
  if (parsed === undefined) return Effect.fail(new RedisUnavailable({ detail: noUrl }))
  const place = placeOf(parsed)
  return Effect.scoped(Effect.as(openClient(Redacted.value(url), place, trial), place))
}

/** Runs while its scope is open. `trial` is what must work for the connection to count as up. */
export const connect = Effect.fnUntraced(function*(
  url: Redacted.Redacted<string>,
  trial: (client: Redis) => Promise<unknown>
): Effect.fn.Return<RedisConnection, never, Scope.Scope> {
  const parsed = urlOf(Redacted.value(url))
  const place = placeOf(parsed)
  let session: Session | undefined
  let trouble: string | undefined = `Redis at ${place} has not answered yet`
  /** What the log was told last. */
  let told: string | undefined

  const oneSession = Effect.scoped(Effect.gen(function*() {
    const client = yield* openClient(Redacted.value(url), place, trial)
    const ended = yield* Deferred.make<never, RedisUnavailable>()
    client.once("end", () => {
      Deferred.doneUnsafe(ended, Effect.fail(unavailable(place, new Error("Connection is closed"))))
    })
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        session = undefined
      })
    )
    session = { client, ended }
    trouble = undefined
    told = undefined
    yield* Effect.logInfo(`Redis at ${place} answers`)
    return yield* Deferred.await(ended)
  }))

  const keepOpen = Effect.gen(function*() {
    let failures = 0
    while (true) {
      const startedAt = performance.now()
      const { detail } = yield* Effect.flip(oneSession)
      trouble = detail
      failures = performance.now() - startedAt > steadyMillis ? 1 : failures + 1
      if (told !== detail) yield* Effect.logWarning(`${detail}; it is done without`)
      told = detail
      yield* Effect.sleep(Math.min(backOffMillisMax, backOffMillis * 2 ** (failures - 1)))
    }
  })

  if (parsed === undefined) trouble = noUrl
  else yield* Effect.forkScoped(keepOpen)

  return {
    place,
    trouble: () => trouble,
    ask: (question, patience) =>
      Effect.suspend(() => {
        const asked = session
        if (asked === undefined) {
          return Effect.fail(new RedisUnavailable({ detail: trouble ?? `Redis at ${place} is away` }))
        }
        return answerOf(asked.client, place, question, patience).pipe(
          Effect.tapError((error) =>
            error instanceof RedisKeyRefused ? Effect.void : Effect.sync(() => {
              // At once, so that the next question does not wait as long as this one did.
              if (session === asked) session = undefined
              trouble = error.detail
              Deferred.doneUnsafe(asked.ended, Effect.fail(error))
            })
          )
        )
      })
  }
})

const answerOf = <A>(
  client: Redis,
  place: string,
  question: (client: Redis) => Promise<A>,
  patience: Duration.Duration
): Effect.Effect<A, RedisUnavailable> =>
  Effect.tryPromise({
    try: () => question(client),
    catch: (error) =>
      isOfKey(error)
        ? new RedisKeyRefused({ detail: `Redis at ${place} has something else where this city keeps its values` })
        : unavailable(place, error)
  }).pipe(
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () =>
        Effect.fail(
          new RedisUnavailable({ detail: `Redis at ${place} did not answer within ${Duration.format(patience)}` })
        )
    })
  )

/** A client that has shown that it works. */
const openClient = Effect.fnUntraced(function*(
  url: string,
  place: string,
  trial: (client: Redis) => Promise<unknown>
) {
  let lastError: Error | undefined
  const client = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const client = new Redis(url, {
        lazyConnect: true,
        // Reconnecting is done by who opened it: a client is for one connection.
        retryStrategy: null,
        enableOfflineQueue: false,
        maxRetriesPerRequest: 0,
        autoResendUnfulfilledCommands: false,
        enableReadyCheck: false,
        disableClientInfo: true,
        connectionName: "vicinity",
        protocol: 2,
        connectTimeout: Duration.toMillis(connectPatience)
      })
      // Without a listener an error would be printed; what matters of it is in the answer to who asked.
      client.on("error", (error) => {
        lastError = error
      })
      return client
    }),
    (client) => Effect.sync(() => client.disconnect())
  )
  yield* answerOf(
    client,
    place,
    async () => {
      try {
        await client.connect()
      } catch (error) {
        throw lastError ?? error
      }
      // A database that is not there is only told so, and another one would be used.
      if (lastError !== undefined) throw lastError
      await trial(client)
    },
    connectPatience
  )
  return client
})
