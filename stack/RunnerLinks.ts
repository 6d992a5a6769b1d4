/** The lines of one runner to its servers, each through a proxy of its own: what happens to them, other runners do not notice. */
import { Effect } from "effect"
import { type TcpProxy, tcpProxy } from "./TcpProxy.ts"

export const linkedServers = ["nats", "postgres", "redis"] as const
export type LinkedServer = (typeof linkedServers)[number]

export interface RunnerLinks extends Readonly<Record<LinkedServer, TcpProxy>> {
  /** Settings of the runner: the addresses of the servers with the ports of the proxies. */
  readonly env: Readonly<Record<string, string>>
}

type Servers = Readonly<Record<LinkedServer, { readonly url: string; readonly port: number }>>

export const runnerLinks = Effect.fnUntraced(function*(servers: Servers) {
  const nats = yield* tcpProxy({ to: servers.nats.port })
  const postgres = yield* tcpProxy({ to: servers.postgres.port })
  const redis = yield* tcpProxy({ to: servers.redis.port })
  const through = (server: LinkedServer, { port }: TcpProxy): string => {
    const url = new URL(servers[server].url)
    url.port = String(port)
    return url.href
  }
  const links: RunnerLinks = {
    nats,
    postgres,
    redis,
    env: {
      VICINITY_NATS_URL: through("nats", nats),
      VICINITY_POSTGRES_URL: through("postgres", postgres),
      VICINITY_REDIS_URL: through("redis", redis)
    }
  }
  return links
})
