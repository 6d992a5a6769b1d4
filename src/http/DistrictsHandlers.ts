/** Questions about districts, answered by their shards and by their history. */
import { Clock, Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { DistrictQueries } from "../actors/DistrictProtocol.ts"
import { AnomalyStore } from "../ports/AnomalyStore.ts"
import { DistrictMap, type DistrictShapes } from "../ports/DistrictMap.ts"
import { DistrictStore } from "../ports/DistrictStore.ts"
import { type AnomaliesQuery, anomalyPage } from "./AnomalyPages.ts"
import { requireScope } from "./Authorization.ts"
import { RoutedApi } from "./CityApi.ts"
import { decodeDistrictCursor, encodeDistrictCursor } from "./DistrictCursor.ts"
import { DistrictPage, ListedDistrict } from "./DistrictsApi.ts"
import { always, type HistorySpan, spanOf, type SpanQuery } from "./HistorySpan.ts"
import { listed, meets } from "./ListedDistricts.ts"
import { pageLimitDefault } from "./Paging.ts"
import { parseBbox, parseCursor, parseInstant, parseProperty } from "./Parameters.ts"
import { answering, NothingKnown } from "./Refusals.ts"
import { revalidated } from "./Validators.ts"
import { pageFrom } from "./WindowPages.ts"

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

/** One page of what `ask` finds in the span that is asked for; without a beginning the newest of it. */
const page = Effect.fnUntraced(function*<A extends { readonly start: string }, E, R>(
  query: SpanQuery,
  ask: (
    span: HistorySpan & { readonly from: number; readonly newest: boolean }
  ) => Effect.Effect<ReadonlyArray<A>, E, R>
) {
  const span = yield* spanOf(query)
  const { from, limit, to } = span
  if (from === undefined) return { items: yield* ask({ ...span, from: always, newest: true }), nextCursor: null }
  return pageFrom(yield* ask({ ...span, from, limit: limit + 1, newest: false }), [], from, to, limit)
})

export const layer = HttpApiBuilder.group(
  RoutedApi,
  "districts",
  Effect.fnUntraced(function*(handlers) {
    const queries = yield* DistrictQueries
    const store = yield* DistrictStore
    const anomalyStore = yield* AnomalyStore
    const shapes = yield* DistrictMap
    const find = (id: string) => Effect.andThen(requireScope("districts:read"), queries.district(id))

    const windows = Effect.fnUntraced(function*(
      id: string,
      query: SpanQuery & { readonly property: string; readonly size?: "5m" | "1h" }
    ) {
      yield* find(id)
      const property = yield* parseProperty(query.property)
      const size = query.size ?? "5m"
      return yield* page(query, (span) => store.windows({ district: id, property, size, ...span }))
    })

    const quality = Effect.fnUntraced(function*(id: string, query: SpanQuery) {
      yield* find(id)
      return yield* page(query, (span) => store.states({ district: id, ...span }))
    })

    const snapshot = Effect.fnUntraced(function*(id: string, at: string | undefined) {
      yield* find(id)
      const knownAt = at === undefined ? yield* Clock.currentTimeMillis : yield* parseInstant("at", at)
      const state = yield* store.stateAt(id, knownAt)
      return state ?? (yield* new NothingKnown({ district: id }))
    })

    const anomalies = Effect.fnUntraced(function*(id: string, query: AnomaliesQuery) {
      yield* find(id)
      return yield* anomalyPage(anomalyStore, { district: id }, query)
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
      .handle("anomalies", ({ params, query }) => answering(anomalies(params.id, query)))
  })
)
