/** Questions about districts, answered by their shards and by their history. */
import { Clock, Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { DistrictQueries } from "../actors/DistrictProtocol.ts"
import { DistrictMap, type DistrictShapes } from "../ports/DistrictMap.ts"
import { DistrictStore } from "../ports/DistrictStore.ts"
import { type DistrictView, stepMillis } from "../schemas/DistrictState.ts"
import { windowSizes } from "../schemas/Window.ts"
import { requireScope } from "./Authorization.ts"
import { RoutedApi } from "./CityApi.ts"
import { decodeDistrictCursor, encodeDistrictCursor } from "./DistrictCursor.ts"
import { DistrictPage, ListedDistrict } from "./DistrictsApi.ts"
import { listed, meets } from "./ListedDistricts.ts"
import { parseBbox, parseCursor, parseInstant, parseProperty } from "./Parameters.ts"
import { answering, BadParameter, NothingKnown } from "./Refusals.ts"
import { pageLimitDefault } from "./SensorsApi.ts"
import { revalidated } from "./Validators.ts"
import { decodeWindowCursor, encodeWindowCursor } from "./WindowCursor.ts"

interface ListQuery {
  readonly bbox?: string
  readonly outline?: "true" | "false"
  readonly limit?: number
  readonly cursor?: string
}

/** Asked for again and again by those who poll, and the same until the next step of five minutes: with a validator. */
const encodePage = (page: typeof DistrictPage.Type) =>
  Effect.orDie(HttpServerResponse.schemaJson(DistrictPage)(page, { headers: revalidated }))
const encodeOne = (district: ListedDistrict) =>
  Effect.orDie(HttpServerResponse.schemaJson(ListedDistrict)(district, { headers: revalidated }))

/** Districts looked at in one go, so that a box that few are in does not ask the shards for each of them. */
const pageOfShards = 1_000

const listDistricts = Effect.fnUntraced(function*(
  queries: DistrictQueries["Service"],
  shapes: DistrictShapes,
  query: ListQuery
) {
  yield* requireScope("districts:read")
  const limit = query.limit ?? pageLimitDefault
  const box = query.bbox === undefined ? undefined : yield* parseBbox(query.bbox)
  let after = query.cursor === undefined ? "" : yield* parseCursor(query.cursor, decodeDistrictCursor)
  const withOutline = query.outline === "true"
  const items: Array<ListedDistrict> = []
  let isEnd = false
  while (items.length <= limit && !isEnd) {
    const page = yield* queries.districts(after, pageOfShards)
    for (const view of page) {
      const item = listed(view, shapes, withOutline)
      if (box === undefined || meets(box, item.bounds)) items.push(item)
    }
    after = page.at(-1)?.id ?? after
    isEnd = page.length < pageOfShards
  }
  const shown = items.slice(0, limit)
  const last = shown.at(-1)
  return yield* encodePage({
    items: shown,
    nextCursor: items.length > limit && last !== undefined ? encodeDistrictCursor(last.id) : null
  })
})

interface SpanQuery {
  readonly from?: string
  readonly to?: string
  readonly limit?: number
  readonly cursor?: string
  readonly at?: string
}

interface Span {
  readonly from: number
  readonly to: number
  readonly limit: number
  readonly knownAt: number | undefined
}

/** The end of time, for a store: the last instant that is a `Date` (ECMA-262 §21.4.1.1). */
const never = 8_640_000_000_000_000
/** Where steps are missing, the newest `limit` are looked for this many times further back. */
const sparseness = 8

/**
 * One page of what `ask` finds in a span: from `from` or the cursor on, or else the newest before `to` and the end of the
 * district's state.
 */
const page = Effect.fnUntraced(function*<A extends { readonly start: string }, E, R>(
  view: DistrictView,
  millis: number,
  query: SpanQuery,
  ask: (span: Span) => Effect.Effect<ReadonlyArray<A>, E, R>
) {
  const limit = query.limit ?? pageLimitDefault
  const from = query.cursor !== undefined
    ? yield* parseCursor(query.cursor, decodeWindowCursor)
    : query.from !== undefined
    ? yield* parseInstant("from", query.from)
    : undefined
  const to = query.to === undefined ? never : yield* parseInstant("to", query.to)
  if (from !== undefined && from >= to && query.cursor === undefined) {
    return yield* new BadParameter({ parameter: "to", detail: "to must be after from" })
  }
  const knownAt = query.at === undefined ? undefined : yield* parseInstant("at", query.at)
  if (from !== undefined) {
    const found = yield* ask({ from, to, limit: limit + 1, knownAt })
    const next = found[limit]
    return {
      items: found.slice(0, limit),
      nextCursor: next === undefined ? null : encodeWindowCursor(Date.parse(next.start))
    }
  }
  if (view.end === null) return { items: [], nextCursor: null }
  const end = Math.min(to, Date.parse(view.end), knownAt ?? never)
  const near = yield* ask({ from: end - limit * millis, to: end, limit, knownAt })
  if (near.length >= limit) return { items: near, nextCursor: null }
  const found = yield* ask({ from: end - sparseness * limit * millis, to: end, limit: sparseness * limit, knownAt })
  return { items: found.slice(-limit), nextCursor: null }
})

export const layer = HttpApiBuilder.group(
  RoutedApi,
  "districts",
  Effect.fnUntraced(function*(handlers) {
    const queries = yield* DistrictQueries
    const store = yield* DistrictStore
    const shapes = yield* DistrictMap
    const find = (id: string) => Effect.andThen(requireScope("districts:read"), queries.district(id))

    const windows = Effect.fnUntraced(function*(
      id: string,
      query: SpanQuery & { readonly property: string; readonly size?: "5m" | "1h" }
    ) {
      const view = yield* find(id)
      const property = yield* parseProperty(query.property)
      const size = query.size ?? "5m"
      return yield* page(
        view,
        windowSizes[size],
        query,
        (span) => store.windows({ district: id, property, size, ...span })
      )
    })

    const quality = Effect.fnUntraced(function*(id: string, query: SpanQuery) {
      const view = yield* find(id)
      return yield* page(view, stepMillis, query, (span) => store.states({ district: id, ...span }))
    })

    const snapshot = Effect.fnUntraced(function*(id: string, at: string | undefined) {
      yield* find(id)
      const knownAt = at === undefined ? yield* Clock.currentTimeMillis : yield* parseInstant("at", at)
      const state = yield* store.stateAt(id, knownAt)
      return state ?? (yield* new NothingKnown({ district: id }))
    })

    return handlers
      .handle("list", ({ query }) => answering(listDistricts(queries, shapes, query)))
      .handle(
        "detail",
        ({ params, query }) =>
          answering(Effect.flatMap(
            find(params.id),
            (view) => encodeOne(listed(view, shapes, query.outline === "true"))
          ))
      )
      .handle("windows", ({ params, query }) => answering(windows(params.id, query)))
      .handle("quality", ({ params, query }) => answering(quality(params.id, query)))
      .handle("snapshots", ({ params, query }) => answering(snapshot(params.id, query.at)))
  })
)
