/** Limits and facts of the HTTP edge. Promise: nothing a caller sends is held beyond these bounds. */
import { Context, Duration } from "effect"

export interface HttpOptions {
  /** Version of Vicinity, for diagnostics and the OpenAPI document. */
  readonly version: string
  /** IANA zone of the city. */
  readonly timeZone: string
  /** Longest body of a POST, inflated; default 10 MiB. */
  readonly bodyBytesMax?: number | undefined
  /** Most observations of a POST; default 10,000. */
  readonly itemsMax?: number | undefined
  /** Bytes of bodies that are read or parsed at the same time; beyond it a POST is answered 429. Default 64 MiB. */
  readonly bodiesBytesMax?: number | undefined
  /** A body of more than 64 KiB must have come within this time; default 30 s. */
  readonly bodyTimeout?: Duration.Duration | undefined
  /** Host names this server answers for; others get 421. Without it, all (a production server behind a proxy). */
  readonly hosts?: ReadonlyArray<string> | undefined
  /** Bytes of memory by kind, for diagnostics. */
  readonly memory?: (() => Readonly<Record<string, number>>) | undefined
}

export class HttpSettings extends Context.Service<HttpSettings, {
  readonly version: string
  readonly timeZone: string
  readonly bodyBytesMax: number
  readonly itemsMax: number
  readonly bodiesBytesMax: number
  readonly bodyTimeout: Duration.Duration
  readonly hosts: ReadonlySet<string> | undefined
  readonly memory: () => Readonly<Record<string, number>>
}>()("vicinity/http/HttpSettings") {}

export const httpSettings = (options: HttpOptions): HttpSettings["Service"] => ({
  version: options.version,
  timeZone: options.timeZone,
  bodyBytesMax: options.bodyBytesMax ?? 10 * 1024 * 1024,
  itemsMax: options.itemsMax ?? 10_000,
  bodiesBytesMax: options.bodiesBytesMax ?? 64 * 1024 * 1024,
  bodyTimeout: options.bodyTimeout ?? Duration.seconds(30),
  hosts: options.hosts === undefined ? undefined : new Set(options.hosts.map((host) => host.toLowerCase())),
  memory: options.memory ?? (() => ({}))
})
