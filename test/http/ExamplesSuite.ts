/**
 * Every example a stranger may try is sent to a city: those of the OpenAPI document and the curl commands of our pages. Each must be
 * answered as its operation is documented, with a body that its schema takes to the last field.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Schedule, Schema } from "effect"
import { HttpApi } from "effect/http-api"
import { readdirSync, readFileSync } from "node:fs"
import { CityApi } from "../../src/http/CityApi.ts"
import { firstFiveMinutes } from "../../src/http/FirstFiveMinutes.ts"
import { openApiDocument } from "../../src/http/OpenApiDocument.ts"
import { CloudEvent } from "../../src/schemas/CityEvent.ts"
import { curlCommands } from "./CurlCommands.ts"
import { type Answer, ask } from "./Requests.ts"

interface Operation {
  readonly method: string
  /** As in the document: `/v1/sensors/{id}`. */
  readonly path: string
  readonly isStream: boolean
  /** By status. */
  readonly successes: ReadonlyMap<number, Schema.Top>
}

const operations: ReadonlyArray<Operation> = (() => {
  const found: Array<Operation> = []
  HttpApi.reflect(CityApi, {
    onGroup: () => undefined,
    onEndpoint: ({ endpoint, successes }) =>
      found.push({
        method: endpoint.method,
        path: endpoint.path.replace(/:(\w+)/g, "{$1}"),
        isStream: endpoint.path === "/v1/events",
        successes: new Map(Array.from(successes, ([status, schemas]) => [status, schemas[0]]))
      })
  })
  return found
})()

/** The operation of a URL; a longer fixed path goes before a parameter. */
const operationOf = (method: string, url: string): Operation | undefined => {
  const { pathname } = new URL(url)
  const matches = operations.filter(({ method: own, path }) =>
    own === method && new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`).test(pathname)
  )
  return matches.find(({ path }) => path === pathname) ?? matches[0]
}

/** The beginning of a stream that does not end: its head, and its first event where it goes on from a position. */
const begun = (url: string, init: RequestInit): Effect.Effect<Answer> =>
  Effect.promise(async () => {
    const response = await fetch(url, init)
    const reader = response.body?.getReader()
    const goesOn = url.includes("after=") || new Headers(init.headers).has("last-event-id")
    const isEnough = (text: string) => !goesOn || /\ndata: .*\n\n/.test(text)
    const decoder = new TextDecoder()
    let body = ""
    let isOver: boolean
    do {
      const piece = await reader?.read()
      isOver = piece?.done ?? true
      body += decoder.decode(piece?.value, { stream: true })
    } while (!isOver && !isEnough(body))
    await reader?.cancel()
    assert.isTrue(isEnough(body), `${url} ended before its first event: ${body}`)
    return { status: response.status, headers: response.headers, body }
  })

/** What the documentation calls `EventReset`, and an event. */
const Sent = Schema.fromJsonString(
  Schema.Union([CloudEvent, Schema.Struct({ first: Schema.Int, last: Schema.Int, sentence: Schema.String })])
)

/** Sends it, again while it is not there yet: what was accepted is shown when its shard has applied it, in a moment. */
const send = (url: string, init: RequestInit, isStream: boolean): Effect.Effect<Answer> =>
  isStream
    ? begun(url, init)
    : Effect.repeat(ask(url, init), {
      schedule: Schedule.spaced("50 millis"),
      times: 100,
      until: ({ status }) => status !== 404
    })

const assertAsDocumented = ({ isStream, successes }: Operation, answer: Answer, what: string): Effect.Effect<void> => {
  if (isStream) {
    assert.strictEqual(answer.status, 200)
    assert.match(answer.headers.get("content-type") ?? "", /^text\/event-stream/)
    assert.match(answer.body, /^retry: \d+\n/)
    const [, data] = /\ndata: (.*)\n\n/.exec(answer.body) ?? []
    return data === undefined ? Effect.void : Effect.asVoid(Effect.orDie(Schema.decodeUnknownEffect(Sent)(data)))
  }
  const schema = successes.get(answer.status)
  assert.isDefined(schema, `${what}\nwas answered ${answer.status}: ${JSON.stringify(answer.body).slice(0, 300)}`)
  return Schema.decodeUnknownEffect(schema as Schema.Codec<unknown, unknown>)(answer.body, {
    onExcessProperty: "error"
  }).pipe(
    Effect.mapError((error) => new Error(`${what}: ${error.message}`)),
    Effect.orDie,
    Effect.asVoid
  )
}

interface Parameter {
  readonly name: string
  readonly in: "path" | "query" | "header"
  readonly required?: boolean
  readonly schema: { readonly examples?: ReadonlyArray<string> }
}

/** One request with what must be given, one more for each example of what may be. */
const exampleRequests = (base: string, path: string, parameters: ReadonlyArray<Parameter>) => {
  const needed = parameters.filter(({ required }) => required === true)
  const optional = parameters.filter(({ required }) => required !== true)
  const requestWith = (given: ReadonlyArray<readonly [Parameter, string]>) => {
    const query = new URLSearchParams()
    const headers: Record<string, string> = {}
    let url = path
    for (const [parameter, value] of given) {
      if (parameter.in === "path") url = url.replace(`{${parameter.name}}`, encodeURIComponent(value))
      else if (parameter.in === "query") query.set(parameter.name, value)
      else headers[parameter.name] = value
    }
    return { url: `${base}${url}${query.size === 0 ? "" : `?${query}`}`, headers }
  }
  const base_ = needed.map((parameter) => {
    const example = parameter.schema.examples?.[0]
    if (example === undefined) throw new Error(`${path}: ${parameter.name} must be given and has no example`)
    return [parameter, example] as const
  })
  return [
    requestWith(base_),
    ...optional.flatMap((parameter) =>
      (parameter.schema.examples ?? []).map((example) => requestWith([...base_, [parameter, example]]))
    )
  ]
}

const ofDocument = (base: () => string): void => {
  const document: any = JSON.parse(JSON.stringify(openApiDocument("test")))
  for (const operation of operations) {
    const described = document.paths[operation.path][operation.method.toLowerCase()]
    it.live(`${operation.method} ${operation.path} answers its examples as documented`, () =>
      Effect.gen(function*() {
        for (const { headers, url } of exampleRequests(base(), operation.path, described.parameters ?? [])) {
          const bodies = Object.entries<any>(described.requestBody?.content ?? {}).flatMap(([type, media]) =>
            Object.values<any>(media.examples ?? {}).map(({ value }) => ({
              method: operation.method,
              body: typeof value === "string" ? value : JSON.stringify(value),
              headers: { ...headers, "content-type": type }
            }))
          )
          for (const init of described.requestBody === undefined ? [{ headers }] : bodies) {
            const answer = yield* send(url, init, operation.isStream)
            yield* assertAsDocumented(operation, answer, `${operation.method} ${url}`)
            if (described.requestBody !== undefined) assert.deepStrictEqual(answer.body.rejected, [])
          }
        }
      }))
  }
}

const root = new URL("../../", import.meta.url)
const pages: ReadonlyArray<readonly [string, string]> = [
  "README.md",
  ...readdirSync(new URL("docs", root)).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)
].map((path) => [path, readFileSync(new URL(path, root), "utf8")])

const ofPages = (base: () => string): void => {
  for (const [path, markdown] of pages) {
    if (curlCommands(markdown, "").length === 0) continue
    it.live(`the curl commands of ${path} run, one after the other`, () =>
      Effect.gen(function*() {
        for (const { init, text, url } of curlCommands(markdown, base())) {
          const operation = operationOf(init.method ?? "GET", url)
          const answer = yield* send(url, init, operation?.isStream ?? false)
          if (operation !== undefined) yield* assertAsDocumented(operation, answer, text)
          else assert.strictEqual(answer.status, 200, text)
          if (init.method === "POST") assert.deepStrictEqual(answer.body.rejected, [], text)
        }
      }))
  }

  it("the first five minutes are at the top of the documentation and in docs/api.md, word for word", () => {
    const [, api = ""] = pages.find(([path]) => path === "docs/api.md") ?? []

    assert.include(openApiDocument("test").info.description, firstFiveMinutes)
    assert.include(api, firstFiveMinutes)
    assert.isAbove(curlCommands(firstFiveMinutes, "").length, 10)
    // What stands behind a pipe is not run here, and `end` is a word of jq's own.
    assert.notMatch(firstFiveMinutes, /[{,] *end *[,}]/)
  })
}

export const examplesSuite = (base: () => string): void => {
  ofDocument(base)
  ofPages(base)
}
