/** Answers from the state of one district shard, as the API shows them. Read only. */
import { Effect, PubSub, Stream } from "effect"
import type { DistrictView } from "../schemas/DistrictState.ts"
import { DistrictId } from "../schemas/Identifiers.ts"
import { DistrictUnknown } from "./DistrictProtocol.ts"
import type { DistrictRecord } from "./DistrictRecord.ts"
import type { DistrictShard } from "./DistrictStage.ts"
import type { LocalDistricts } from "./LocalDistricts.ts"

const viewOf = ({ description, id, incidents, latest }: DistrictRecord): DistrictView => ({
  id: DistrictId.make(id),
  name: description?.name ?? id,
  centre: description?.centre ?? null,
  areaSquareMetres: description?.areaSquareMetres ?? null,
  bounds: description?.bounds ?? null,
  quality: latest?.quality ?? null,
  properties: latest?.properties ?? [],
  incidents: incidents.now,
  start: latest?.start ?? null,
  end: latest?.end ?? null,
  knownAt: latest?.knownAt ?? null,
  revision: latest?.revision ?? null,
  final: latest?.final ?? null
})

/** A district that is listed or was observed. */
export const find = (shard: DistrictShard, id: string): DistrictView | undefined => {
  const record = shard.districts.get(id)
  return record === undefined ? undefined : viewOf(record)
}

export const list = (shard: DistrictShard, after: string, limit: number): ReadonlyArray<DistrictView> =>
  shard.listed
    .filter(({ id }) => id > after)
    .sort((a, b) => a.id < b.id ? -1 : 1)
    .slice(0, limit)
    .map(viewOf)

export const current = (shard: DistrictShard, id: string): Effect.Effect<DistrictView, DistrictUnknown> => {
  const view = find(shard, id)
  return view === undefined ? Effect.fail(new DistrictUnknown({ district: id })) : Effect.succeed(view)
}

/** Subscribes before it looks, so that nothing falls between. */
export const live = (local: LocalDistricts["Service"], shard: number, id: string) =>
  Stream.unwrap(Effect.gen(function*() {
    const news = Stream.fromSubscription(yield* PubSub.subscribe(local.news)).pipe(
      Stream.filter(({ district }) => district === id)
    )
    const state = yield* local.ready(shard)
    const record = state.districts.get(id)
    if (record === undefined) return yield* new DistrictUnknown({ district: id })
    return record.latest === undefined ? news : Stream.concat(Stream.make(record.latest), news)
  }))
