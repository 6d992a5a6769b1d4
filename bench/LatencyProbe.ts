/**
 * What a client sees of how fast a city is, in a process of its own: INGEST_PORT API_PORT NATS_URL SECONDS. Every 100 ms one of a hundred
 * sensors of its own reports, by itself in a request: until it is acknowledged, and until the API, asked again and again, says it of that
 * sensor. Beside that a plain subscriber of the events: from the end of each provisional window and its grace to its arrival; and from
 * the sending of a spike, of a sensor that had reported nearly the same for an hour, to the arrival of its anomaly. The last line is JSON.
 */
import { connect } from "@nats-io/transport-node"
import { Agent, request } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { median, quantile } from "./Rows.ts"

const [ingestPort = 0, apiPort = 0] = process.argv.slice(2, 4).map(Number)
const [natsUrl = "", forSeconds = "0"] = process.argv.slice(4)
const probes = 100
const everyMillis = 100
const askAgainMillis = 1
const turnsPerSpike = 4
/** For what was sent last. */
const patienceMillis = 5_000
/** Until districts give a provisional window out. */
const graceMillis = 60_000
const agent = new Agent({ keepAlive: true })

const ask = (port: number, path: string, body?: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST"
    const headers = body === undefined ? {} : { "content-type": "application/json", "content-length": body.length }
    const asked = request({ agent, host: "127.0.0.1", port, path, method, headers }, (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (chunk: string) => text += chunk)
      response.on("end", () => resolve(text))
    })
    asked.on("error", (error) => {
      // A connection that had been idle was closed by the server at the same moment.
      if (asked.reusedSocket) resolve(ask(port, path, body))
      else reject(error)
    })
    asked.end(body)
  })

const ordinary = 50
const spike = 200
const observation = (sensorId: string, number: number, time: number, result = ordinary) => ({
  sensorId,
  property: "vehicle_speed",
  phenomenonTime: new Date(time).toISOString(),
  result,
  location: { type: "Point", coordinates: [24.7 + 0.005 * (number % probes), 60.2] }
})
const post = (observations: unknown): Promise<string> =>
  ask(ingestPort, "/v1/observations", JSON.stringify(observations))

/** As text, which is in order; empty where there is none. */
const timeOf = (sensor: string): string => /"phenomenonTime":"([^"]+)"/.exec(sensor)?.[1] ?? ""

/** Waits until what it sent is there; `undefined`: it was not acknowledged. */
const probe = async (number: number) => {
  const sent = observation(`probe-${number}`, number, Date.now())
  const time = sent.phenomenonTime
  const sentAt = performance.now()
  const answer = await post(sent)
  const acknowledged = performance.now() - sentAt
  if (!answer.includes('"accepted":1')) return undefined
  while (timeOf(await ask(apiPort, `/v1/sensors/probe-${number}`)) < time) await sleep(askAgainMillis)
  return { acknowledged, visible: performance.now() - sentAt }
}

const windows: Array<number> = []
const nats = await connect({ servers: natsUrl })
nats.subscribe("vicinity.events.window.>", {
  callback: (_error, message) => {
    const { data } = message.json<
      { readonly data: { readonly end: string; readonly revision: number; readonly final: boolean } }
    >()
    if (data.revision === 0 && !data.final) windows.push(Date.now() - Date.parse(data.end) - graceMillis)
  }
})

/** When the spike of a sensor was sent; each has one. */
const spiked = new Map<string, number>()
const anomalies: Array<number> = []
nats.subscribe("vicinity.events.anomaly.>", {
  callback: (_error, message) => {
    const { sensor = "" } = message.json<{ readonly sensor?: string }>()
    const sentAt = spiked.get(sensor)
    spiked.delete(sensor)
    if (sentAt !== undefined) anomalies.push(performance.now() - sentAt)
  }
})
const turns = Math.floor(1_000 * Number(forSeconds) / everyMillis)
const spikeSensors = Math.ceil(turns / turnsPerSpike)
for (let minutesAgo = 60; minutesAgo > 0; minutesAgo--) {
  const time = Date.now() - 60_000 * minutesAgo
  await post(Array.from({ length: spikeSensors }, (_, i) => observation(`spike-${i}`, i, time, ordinary + i % 3)))
}
const sendSpike = async (number: number): Promise<void> => {
  const sensorId = `spike-${number}`
  spiked.set(sensorId, performance.now())
  await post(observation(sensorId, number, Date.now(), spike))
}

// The first time each is new to the city, which waits for a commit.
for (let number = 0; number < probes; number++) await probe(number)
const acknowledged: Array<number> = []
const visible: Array<number> = []
let refused = 0
const note = async (number: number): Promise<void> => {
  const seen = await probe(number)
  if (seen === undefined) {
    refused++
    return
  }
  acknowledged.push(seen.acknowledged)
  visible.push(seen.visible)
}
const underway: Array<Promise<void>> = []
for (let turn = 0; turn < turns; turn++) {
  underway.push(note(turn % probes))
  if (turn % turnsPerSpike === 0) underway.push(sendSpike(turn / turnsPerSpike))
  await sleep(everyMillis)
}
await Promise.all(underway)
await sleep(patienceMillis)
await nats.close()

const p99 = (values: ReadonlyArray<number>): number => quantile(values.toSorted((a, b) => a - b), 0.99)
console.log(JSON.stringify({
  refused,
  probes: acknowledged.length,
  acknowledgedP50: median(acknowledged),
  acknowledgedP99: p99(acknowledged),
  visibleP50: median(visible),
  visibleP99: p99(visible),
  windows: windows.length,
  windowP50: median(windows),
  windowP99: p99(windows),
  anomalies: anomalies.length,
  anomaliesMissing: spiked.size,
  anomalyP50: median(anomalies),
  anomalyP99: p99(anomalies)
}))
process.exit(0)
