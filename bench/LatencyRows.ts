/** The rows of the table about how soon what is sent is durable, visible and told, at half load. */
import { Duration, Effect } from "effect"
import { doorDefaults } from "../src/ingest/BatchingDoor.ts"
import { runChild } from "./Child.ts"
import { clients } from "./ClusterAnswers.ts"
import { withServers } from "./ClusterRows.ts"
import { wholeCity } from "./ClusterRun.ts"
import { get, type Row, whole } from "./Rows.ts"
import { halfLoad, sensors, type SoakOptions } from "./Soak.ts"

/** Two ends of five-minute windows are in it, and the minute after them; less where less is asked for. */
const probeMinutesMax = 11
const settleSeconds = 10

export const latency = ({ minutes, rate }: SoakOptions): Promise<ReadonlyArray<Row>> =>
  withServers((servers) =>
    Effect.scoped(Effect.gen(function*() {
      const probeSeconds = 60 * Math.min(minutes, probeMinutesMax)
      const { api, ingest, runners } = yield* wholeCity(servers, { withRedis: true })
      const { full, half } = yield* halfLoad(
        { ingestPort: ingest.port, shardUrls: runners.map(({ url }) => url) },
        rate
      )
      const [posted, seen] = yield* Effect.all([
        clients("post", ingest.port, sensors, probeSeconds + 3 * settleSeconds, half),
        Effect.delay(
          Effect.promise(() =>
            runChild("LatencyProbe.ts", [
              ...[ingest.port, api.port].map(String),
              servers.nats.url,
              String(probeSeconds)
            ])
          ),
          Duration.seconds(settleSeconds)
        )
      ], { concurrency: "unbounded" })
      const spread = (name: string, unit = 1, digits = 1): string =>
        `${(get(seen, `${name}P50`) / unit).toFixed(digits)} ${unit === 1 ? "ms" : "s"}, ${
          (get(seen, `${name}P99`) / unit).toFixed(digits)
        } ${unit === 1 ? "ms" : "s"}`
      const perSecond = whole(get(posted, "perSecond"))
      // Where none ended meanwhile, or nothing is told of a spike, there is no figure.
      const windows: ReadonlyArray<Row> = get(seen, "windows") === 0 ? [] : [
        [
          `a minute after the end of a window of a district, until a subscriber on NATS has it: p50, p99 of ${
            whole(get(seen, "windows"))
          }`,
          spread("window", 1_000, 2),
          ""
        ]
      ]
      const anomalies: ReadonlyArray<Row> = get(seen, "anomalies") === 0 ? [] : [
        [
          `a spike over HTTP, until a subscriber on NATS has its anomaly: p50 of ${whole(get(seen, "anomalies"))}`,
          `${get(seen, "anomalyP50").toFixed(1)} ms`,
          "≤ 30 ms"
        ],
        ["… p99", `${get(seen, "anomalyP99").toFixed(1)} ms`, "≤ 150 ms"],
        ["… spikes without one", whole(get(seen, "anomaliesMissing")), "0"]
      ]
      return [
        [
          `half load, ${whole(sensors)} sensors over two runners: observations a second`,
          `${perSecond}${full === undefined ? "" : ` (as many as go: ${whole(full)})`}`,
          ""
        ],
        [
          "… flush mode; linger; observations of a batch",
          `sync_interval of the server left alone (2 minutes); ${
            Duration.toMillis(doorDefaults.linger)
          } ms; up to ${doorDefaults.batchObservations}`,
          ""
        ],
        [
          `one observation by itself, ten a second: until it is acknowledged: p50, p99 of ${
            whole(get(seen, "probes"))
          }`,
          spread("acknowledged"),
          ""
        ],
        ["… until GET /v1/sensors/{id} says it: p50, p99", spread("visible"), ""],
        ["… not acknowledged", whole(get(seen, "refused")), "0"],
        ...windows,
        ...anomalies
      ]
    }))
  )
