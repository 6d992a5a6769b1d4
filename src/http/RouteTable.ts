/**
 * Which path a URL is, however it is spelled, and which methods each takes, for 405 and OPTIONS. Made from the contract, so it cannot drift from it. Promise: what is
 * asked here never changes how a request is routed.
 */
import { FindMyWay } from "effect/http"
import { HttpApi } from "effect/http-api"
import { CityApi } from "./CityApi.ts"
import { pagePaths } from "./Pages.ts"

/** How paths are matched, here and in the router. Ids are up to 128 bytes, each up to three characters when escaped. */
export const routerConfig = { caseSensitive: true, ignoreDuplicateSlashes: false, maxParamLength: 1_024 } as const

export interface RouteTable {
  /** The path of this URL as the contract has it (`/v1/sensors/:id`); `undefined` where there is no such path. */
  readonly path: (url: string) => string | undefined
  /** Methods of the path of this URL; empty where there is no such path. */
  readonly methods: (url: string) => ReadonlyArray<string>
}

export const makeRouteTable = (): RouteTable => {
  const finder = FindMyWay.make<string>(routerConfig)
  const methods = new Set<string>()
  const add = (method: string, path: string) => {
    methods.add(method)
    finder.on(method, `/${path.slice(1)}`, path)
  }
  HttpApi.reflect(CityApi, {
    onGroup: () => undefined,
    onEndpoint: ({ endpoint }) => add(endpoint.method, endpoint.path)
  })
  for (const path of pagePaths) add("GET", path)
  return {
    path: (url) => {
      for (const method of methods) {
        const found = finder.find(method, url)
        if (found !== undefined) return found.handler
      }
      return undefined
    },
    methods: (url) => {
      const found = [...methods].filter((method) => finder.find(method, url) !== undefined)
      return found.includes("GET") ? [...found, "HEAD"] : found
    }
  }
}
