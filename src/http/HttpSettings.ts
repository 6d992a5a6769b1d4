/** Limits and facts of the HTTP edge. Promise: nothing a caller sends is held beyond these bounds. */
import { Context, Duration } from "effect"
import { defaultPrefix } from "../schemas/Subjects.ts"
import type { RequestLimits } from "./RequestRates.ts"
import type { Served } from "./ServedPaths.ts"

export interface LiveEventsSettings {
  /** Clients of live events at the same time; beyond it 503. */
  readonly clientsMax: number
  /** A client that takes nothing for so long while something waits for it is disconnected. */
  readonly slowAfter: Duration.Duration
  /** Silence on a line at most. */
  readonly heartbeat: Duration.Duration
  /** Bytes of the newest events in memory, shared by all clients. */
  readonly ringBytes: number
}

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
  /** How many requests one client may make; default: as many as it likes. */
  readonly limits?: RequestLimits | undefined
  /** Host names this server answers for; others get 421. Without it, all (a production server behind a proxy). */
  readonly hosts?: ReadonlyArray<string> | undefined
  /** Live events; default 2,000 clients, 60 s, a heartbeat every 15 s, 8 MiB. */
  readonly events?: Partial<LiveEventsSettings> | undefined
  /** Where the build has left the page of `/`; without it, or where nothing is built, `/` says what to do. */
  readonly pageFolder?: string | undefined
  /** What of the API this process serves; default everything. */
  readonly serves?: Served | undefined
  /** What subjects over NATS begin with, for the AsyncAPI document; default `vicinity`. */
  readonly subjectPrefix?: string | undefined
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
  readonly limits: RequestLimits
  readonly hosts: ReadonlySet<string> | undefined
  readonly events: LiveEventsSettings
  readonly pageFolder: string | undefined
  readonly serves: Served
  readonly subjectPrefix: string
  readonly memory: () => Readonly<Record<string, number>>
}>()("vicinity/http/HttpSettings") {}

const liveEventsDefaults: LiveEventsSettings = {
  clientsMax: 2_000,
  slowAfter: Duration.seconds(60),
  heartbeat: Duration.seconds(15),
  ringBytes: 8 * 1024 * 1024
}

export const httpSettings = (options: HttpOptions): HttpSettings["Service"] => ({
  version: options.version,
  timeZone: options.timeZone,
  bodyBytesMax: options.bodyBytesMax ?? 10 * 1024 * 1024,
  itemsMax: options.itemsMax ?? 10_000,
  bodiesBytesMax: options.bodiesBytesMax ?? 64 * 1024 * 1024,
  bodyTimeout: options.bodyTimeout ?? Duration.seconds(30),
  limits: options.limits ?? {},
  hosts: options.hosts === undefined ? undefined : new Set(options.hosts.map((host) => host.toLowerCase())),
  events: { ...liveEventsDefaults, ...options.events },
  pageFolder: options.pageFolder,
  serves: options.serves ?? "everything",
  subjectPrefix: options.subjectPrefix ?? defaultPrefix,
  memory: options.memory ?? (() => ({}))
})
