/** The promises of all ports that Postgres keeps, for whichever server there are databases on. */
import { layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import * as PostgresAnomalyStore from "../../../src/adapters/postgres/PostgresAnomalyStore.ts"
import * as PostgresCatalogue from "../../../src/adapters/postgres/PostgresCatalogue.ts"
import * as PostgresClient from "../../../src/adapters/postgres/PostgresClient.ts"
import * as PostgresDistrictStore from "../../../src/adapters/postgres/PostgresDistrictStore.ts"
import * as PostgresLateStore from "../../../src/adapters/postgres/PostgresLateStore.ts"
import * as PostgresShardStore from "../../../src/adapters/postgres/PostgresShardStore.ts"
import * as PostgresWindowStore from "../../../src/adapters/postgres/PostgresWindowStore.ts"
import { AnomalyStore } from "../../../src/ports/AnomalyStore.ts"
import { Catalogue } from "../../../src/ports/Catalogue.ts"
import { DistrictStore } from "../../../src/ports/DistrictStore.ts"
import { LateStore } from "../../../src/ports/LateStore.ts"
import { ShardStore } from "../../../src/ports/ShardStore.ts"
import { WindowStore } from "../../../src/ports/WindowStore.ts"
import { anomalyStoreContract } from "../../contracts/AnomalyStoreContract.ts"
import { catalogueContract } from "../../contracts/CatalogueContract.ts"
import { districtStoreContract } from "../../contracts/DistrictStoreContract.ts"
import { lateStoreContract } from "../../contracts/LateStoreContract.ts"
import { shardStoreContract } from "../../contracts/ShardStoreContract.ts"
import { windowStoreContract } from "../../contracts/WindowStoreContract.ts"
import * as ForTests from "../../PostgresForTests.ts"

const stores = Layer.mergeAll(
  PostgresShardStore.layer(),
  PostgresWindowStore.layer,
  PostgresLateStore.layer,
  PostgresAnomalyStore.layer,
  PostgresDistrictStore.layer,
  PostgresCatalogue.layer
)

/** All stores over a connection pool of their own. */
const open = (server: PostgresClient.PostgresAddress) =>
  Layer.build(Layer.provide(stores, PostgresClient.layer({ server }))).pipe(Effect.orDie)

const fresh = Effect.gen(function*() {
  const { newDatabase } = yield* ForTests.DatabasesForTests
  const server = yield* newDatabase
  return { first: yield* open(server), again: open(server) }
})

const options = { timeout: "60 seconds", excludeTestServices: true } as const

export const postgresStoresSuite = (server: string, databases: Layer.Layer<ForTests.DatabasesForTests>): void => {
  layer(databases, options)(`the shard store in ${server}`, (it) => {
    shardStoreContract(
      it,
      Effect.map(fresh, ({ again, first }) => ({
        store: Context.get(first, ShardStore),
        reopened: Effect.map(again, Context.get(ShardStore))
      }))
    )
  })

  layer(databases, options)(`the window store in ${server}`, (it) => {
    windowStoreContract(
      it,
      Effect.map(fresh, ({ first }) => ({
        shards: Context.get(first, ShardStore),
        windows: Context.get(first, WindowStore)
      }))
    )
  })

  layer(databases, options)(`the store of districts in ${server}`, (it) => {
    districtStoreContract(
      it,
      Effect.map(fresh, ({ first }) => ({
        shards: Context.get(first, ShardStore),
        districts: Context.get(first, DistrictStore)
      }))
    )
  })

  layer(databases, options)(`the store of late observations in ${server}`, (it) => {
    lateStoreContract(
      it,
      Effect.map(fresh, ({ first }) => ({
        shards: Context.get(first, ShardStore),
        late: Context.get(first, LateStore)
      }))
    )
  })

  layer(databases, options)(`the store of anomalies in ${server}`, (it) => {
    anomalyStoreContract(
      it,
      Effect.map(fresh, ({ first }) => ({
        shards: Context.get(first, ShardStore),
        anomalies: Context.get(first, AnomalyStore)
      }))
    )
  })

  layer(databases, options)(`the catalogue in ${server}`, (it) => {
    catalogueContract(
      it,
      Effect.map(fresh, ({ again, first }) => ({
        shards: Context.get(first, ShardStore),
        opened: Effect.map(again, Context.get(Catalogue))
      }))
    )
  })
}
