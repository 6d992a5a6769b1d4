/** The stores in Postgres keep the promises of their ports. */
import * as ForTests from "../../PostgresForTests.ts"
import { postgresStoresSuite } from "./PostgresStoresSuite.ts"

postgresStoresSuite("Postgres", ForTests.databasesLayer)
