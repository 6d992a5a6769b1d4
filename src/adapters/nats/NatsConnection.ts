/**
 * The connection to NATS that all adapters of a process share. Promises: at the start one sentence says what is wrong (address,
 * credentials, no server after about ten seconds, no JetStream); once connected it reconnects for ever, with growing and
 * scattered pauses, and says once that it was lost and once that it is back. Who publishes through it does not while it is lost,
 * because the client drops such messages, and waits for its own acknowledgements before it lets go.
 */
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream"
import { connect, type ConnectionOptions, errors, type NatsConnection as NatsClient } from "@nats-io/transport-node"
import { Clock, Context, Duration, Effect, Layer, Redacted, Schedule, type Scope } from "effect"
import { type NatsAddress, parseAddress } from "./NatsAddress.ts"
import { NatsRefused } from "./NatsRefused.ts"

export interface NatsStatus {
  readonly isConnected: boolean
  /** Epoch milliseconds since when it is as it is. */
  readonly sinceMillis: number
  /** Servers without credentials. */
  readonly servers: string
  /** Of the server last heard, `2.9.10`. */
  readonly version: string
}

/** Called in the order in which they began to listen, synchronously; must not throw. */
export interface NatsListener {
  readonly onLost?: () => void
  /** Subscriptions are back by then. */
  readonly onBack?: () => void
}

export class NatsConnection extends Context.Service<NatsConnection, {
  readonly client: NatsClient
  readonly manager: JetStreamManager
  readonly status: Effect.Effect<NatsStatus>
  /** For plain code. */
  readonly isConnected: () => boolean
  /** Until the function that it gives is called. */
  readonly listen: (listener: NatsListener) => () => void
}>()("vicinity/adapters/nats/NatsConnection") {}

export interface NatsConnectionOptions {
  /** `nats://user:password@host:port`, also several with commas (`NatsAddress`). */
  readonly url: Redacted.Redacted<string>
  /** Shown by the server's monitoring. */
  readonly name: string
  /** How long a server that does not answer is tried at the start; default 10 s. */
  readonly startPatience?: Duration.Duration | undefined
}

const defaultStartPatience = Duration.seconds(10)
const dialMillis = 3_000
/** A server that is gone without a word is noticed after two of these. */
const pingMillis = 5_000
const pauseMillis = 50
const pauseMillisMax = 2_000
const apiMillis = 5_000
/** How long closing waits for what is being sent. */
const drainTimeout = Duration.seconds(2)
const versionMin = [2, 9]

export const layer = (options: NatsConnectionOptions): Layer.Layer<NatsConnection, NatsRefused> =>
  Layer.effect(NatsConnection, make(options))

export const make = Effect.fnUntraced(function*(
  options: NatsConnectionOptions
): Effect.fn.Return<NatsConnection["Service"], NatsRefused, Scope.Scope> {
  const address = yield* Effect.try({
    try: () => parseAddress(Redacted.value(options.url)),
    catch: (cause) => cause as NatsRefused
  })
  const startPatience = options.startPatience ?? defaultStartPatience
  let attempts = 0
  // Asked for before each try, so the pauses grow only by what was tried.
  const pause = (): number => Math.min(pauseMillisMax, pauseMillis * 2 ** attempts) * (0.5 + Math.random() / 2)
  const client = yield* Effect.acquireRelease(dialed(address, options.name, pause, startPatience), closed)
  const manager = yield* jetStreamOf(client, address, startPatience)
  const clock = yield* Clock.Clock
  const listeners = new Set<NatsListener>()
  const now = () => clock.currentTimeMillisUnsafe()
  let status: NatsStatus = {
    isConnected: true,
    sinceMillis: now(),
    servers: address.words,
    version: client.info?.version ?? ""
  }
  const fork = Effect.runForkWith(yield* Effect.context())
  const report = (level: "info" | "warning", message: string): void => {
    const told = level === "warning" ? Effect.logWarning(message) : Effect.logInfo(message)
    fork(Effect.annotateLogs(told, { servers: address.words, version: status.version }))
  }
  const follow = async (): Promise<void> => {
    const said = new Set<string>()
    for await (const event of client.status()) {
      if (event.type === "reconnecting") attempts++
      else if (event.type === "disconnect" && status.isConnected) {
        status = { ...status, isConnected: false, sinceMillis: now() }
        report("warning", "the NATS server is lost, trying to reach it again for as long as it takes")
        for (const { onLost } of listeners) onLost?.()
      } else if (event.type === "reconnect") {
        attempts = 0
        const lostMillis = now() - status.sinceMillis
        status = { ...status, isConnected: true, sinceMillis: now(), version: client.info?.version ?? status.version }
        report("info", `the NATS server is back after ${(lostMillis / 1000).toFixed(1)} s`)
        for (const { onBack } of listeners) onBack?.()
      } else if (event.type === "error" && said.size < saidMax && !said.has(event.error.message)) {
        // Each sentence once: what a permission refuses is refused again with every message.
        said.add(event.error.message)
        report("warning", `the NATS server says: ${event.error.message}`)
      }
    }
  }
  void follow()
  void client.closed().then((error) => {
    if (status.isConnected) status = { ...status, isConnected: false, sinceMillis: now() }
    if (error instanceof Error) {
      report("warning", `the NATS client has given up (${error.message}): start this process again`)
    }
  })
  return NatsConnection.of({
    client,
    manager,
    status: Effect.sync(() => status),
    isConnected: () => status.isConnected && !client.isClosed(),
    listen: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    }
  })
})

const saidMax = 100

const dialed = (
  address: NatsAddress,
  name: string,
  pause: () => number,
  startPatience: Duration.Duration
): Effect.Effect<NatsClient, NatsRefused> => {
  const options: ConnectionOptions = {
    servers: [...address.servers],
    name,
    timeout: dialMillis,
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectDelayHandler: pause,
    // A server that comes back before its accounts are there must not end the connection for good.
    ignoreAuthErrorAbort: true,
    pingInterval: pingMillis,
    maxPingOut: 2,
    ...address.credentials,
    ...(address.isTlsRequired ? { tls: {} } : {})
  }
  return Effect.tryPromise({ try: () => connect(options), catch: (cause) => unreachable(cause, address) }).pipe(
    Effect.retry({
      while: ({ reason }) => reason === "no-server",
      schedule: Schedule.jittered(Schedule.exponential("100 millis", 1.6)).pipe(
        Schedule.upTo({ duration: startPatience })
      )
    })
  )
}

const unreachable = (cause: unknown, { words, ...address }: NatsAddress): NatsRefused => {
  const said = cause instanceof Error ? cause.message : String(cause)
  if (cause instanceof errors.AuthorizationError || cause instanceof errors.UserAuthenticationExpiredError) {
    const given = address.credentials === undefined
      ? "without any"
      : "user" in address.credentials
      ? `as ${address.credentials.user}`
      : "with a token"
    const detail =
      `the NATS server ${words} refuses the credentials (tried ${given}): put the right user and password, or `
      + "token, into its address (VICINITY_NATS_URL)"
    return new NatsRefused({ reason: "credentials", detail })
  }
  const detail = `no NATS server answers at ${words} (${said}): start it, or correct its address (VICINITY_NATS_URL)`
  return new NatsRefused({ reason: "no-server", detail, cause })
}

const closed = (client: NatsClient): Effect.Effect<void> =>
  Effect.tryPromise(() => client.drain()).pipe(
    Effect.timeoutOption(drainTimeout),
    Effect.ignore,
    Effect.andThen(Effect.promise(() => client.close()))
  )

/** A server whose JetStream is only just coming up (a cluster elects its leader) is waited for. */
const jetStreamOf = (
  client: NatsClient,
  { words }: NatsAddress,
  startPatience: Duration.Duration
): Effect.Effect<JetStreamManager, NatsRefused> =>
  Effect.gen(function*() {
    const version = client.info?.version ?? ""
    const [major = 0, minor = 0] = version.split(".").map(Number)
    if (major < (versionMin[0] ?? 0) || (major === versionMin[0] && minor < (versionMin[1] ?? 0))) {
      const detail = `the NATS server ${words} is of version ${version}, at least ${versionMin.join(".")} is needed`
      return yield* new NatsRefused({ reason: "old-server", detail })
    }
    if (client.info?.jetstream !== true) return yield* noJetStream(words, "it is switched off")
    return yield* Effect.tryPromise({
      try: async () => {
        const manager = await jetstreamManager(client, { timeout: apiMillis, checkAPI: false })
        await manager.getAccountInfo()
        return manager
      },
      catch: (cause) => noJetStream(words, cause instanceof Error ? cause.message : String(cause))
    }).pipe(Effect.retry(Schedule.upTo(Schedule.spaced("1 second"), { duration: startPatience })))
  })

const noJetStream = (words: string, why: string): NatsRefused =>
  new NatsRefused({
    reason: "no-jetstream",
    detail:
      `the NATS server ${words} answers without JetStream (${why}): start it with JetStream and a folder of its own `
      + "(nats-server -js -sd FOLDER), and allow it for this account"
  })
