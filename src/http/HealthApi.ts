/** The contract of health: is it alive, can it be asked, what is going on. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { DistrictTotals, ShardStatus, StageTotals } from "../actors/ShardStatusProtocol.ts"
import { problems } from "./Problems.ts"
import { RejectedCounts } from "./RejectedApi.ts"

export const Live = Schema.Struct({ status: Schema.Literal("live") }).annotate({ identifier: "Live" })

const Part = Schema.Struct({
  name: Schema.String,
  state: Schema.Literals(["ready", "degraded", "not-ready"]),
  detail: Schema.String
}).annotate({ identifier: "ReadinessPart" })

export const Ready = Schema.Struct({
  status: Schema.Literals(["ready", "degraded"]).annotate({
    description: "degraded: everything is answered, something of it by a detour; see parts"
  }),
  shards: Schema.Int.annotate({ description: "Shard processors of this process" }),
  parts: Schema.Array(Part).annotate({ description: "What this process needs beside its shards" })
}).annotate({ identifier: "Ready" })

/** Where everything that was ever sent went. */
export const Accounting = Schema.Struct({
  sent: Schema.Int.annotate({ description: "counted + duplicate + superseded + late + overflow + rejected" }),
  counted: Schema.Int,
  duplicate: Schema.Int,
  superseded: Schema.Int,
  late: Schema.Int,
  overflow: Schema.Int,
  rejected: Schema.Int
}).annotate({ identifier: "Accounting" })

const LogUsage = Schema.Struct({ bytes: Schema.Finite, limitBytes: Schema.Finite, segments: Schema.Int })

export const Diagnostics = Schema.Struct({
  version: Schema.String,
  timeZone: Schema.String,
  startedAt: Schema.String,
  uptimeSeconds: Schema.Finite,
  memoryBytes: Schema.Record(Schema.String, Schema.Finite),
  accounting: Accounting,
  totals: StageTotals,
  districts: DistrictTotals,
  door: Schema.Struct({ accepted: Schema.Int, rejected: Schema.Int }).annotate({ description: "Since start" }),
  rejected: RejectedCounts,
  log: LogUsage.annotate({ description: "Of the observations" }),
  partialsLog: LogUsage.annotate({ description: "Of what the sensor stage gives to districts" }),
  events: Schema.Struct({
    first: Schema.Int.annotate({ description: "Position of the oldest event that is kept" }),
    last: Schema.Int.annotate({ description: "Position of the newest; 0 before there is one" }),
    log: LogUsage,
    clients: Schema.Int.annotate({ description: "Connected to /v1/events now" })
  }),
  shardsReady: Schema.Int,
  lag: Schema.Int.annotate({ description: "Records of the logs not yet applied, over all shards of both stages" }),
  shards: Schema.Array(ShardStatus)
}).annotate({ identifier: "Diagnostics" })

const live = HttpApiEndpoint.get("live", "/health/live", { success: Live }).annotateMerge(
  OpenApi.annotations({ summary: "Answers while the process can do anything at all" })
)
const ready = HttpApiEndpoint.get("ready", "/health/ready", { success: Ready, error: problems(503) }).annotateMerge(
  OpenApi.annotations({ summary: "200 when this process can do its work, else what is not ready and why" })
)
const diagnostics = HttpApiEndpoint.get("diagnostics", "/health/diagnostics", { success: Diagnostics }).annotateMerge(
  OpenApi.annotations({ summary: "What is going on: shards, totals, logs, memory" })
)

export class HealthApi extends HttpApiGroup.make("health").add(live).add(ready).add(diagnostics).annotateMerge(
  OpenApi.annotations({ title: "Health", description: "Operations" })
) {}
