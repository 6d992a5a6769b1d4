/** The API of a process on its address, served by Node. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Context, Layer } from "effect"
import { HttpServer } from "effect/http"
import { createServer } from "node:http"
import { fileURLToPath } from "node:url"
import * as CityHttp from "../http/CityHttp.ts"
import type { Served } from "../http/ServedPaths.ts"
import type { CitySettings } from "./Settings.ts"
import { version } from "./Version.ts"

/** Where `npm install`, or `npm start`, has built the page (dashboard/build.mjs). */
const pageFolder = fileURLToPath(new URL("../../dashboard/dist", import.meta.url))

export const cityServer = (settings: CitySettings, timeZone: string, serves: Served = "everything") =>
  CityHttp.layer({
    version,
    timeZone,
    serves,
    subjectPrefix: settings.natsPrefix,
    // A page of some other origin must not reach the open API under a name of its own (DNS rebinding).
    hosts: ["localhost", "127.0.0.1", "[::1]"],
    pageFolder,
    limits: { queries: settings.queryLimit, observations: settings.observationLimit },
    memory: () => ({ ...process.memoryUsage() })
  }).pipe(
    Layer.provideMerge(NodeHttpServer.layer(createServer, { host: settings.host, port: settings.port }))
  )

/** Where the server listens, as a URL. */
export const urlOf = (context: Context.Context<HttpServer.HttpServer>): string =>
  HttpServer.formatAddress(Context.get(context, HttpServer.HttpServer).address)
