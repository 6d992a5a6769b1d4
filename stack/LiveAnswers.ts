/**
 * What a city at rest answers about every sensor and district, from the memory of its runners, as rows of text, to be compared with what one
 * pass over the logs would answer. Left out is what goes on with the clock: health, the watermark of a datastream that is idle, and
 * incidents, which are those of now.
 */
import { Effect } from "effect"
import { setTimeout as sleep } from "node:timers/promises"
import type { SensorDetail } from "../src/schemas/Sensor.ts"
import { canonical } from "./CityRows.ts"
import { ask } from "./Load.ts"

export interface LiveAnswers {
  readonly sensors: ReadonlyArray<string>
  /** Newest states: they may be followed by others before the city stops. */
  readonly districts: ReadonlyArray<string>
}

interface Page {
  readonly items: ReadonlyArray<{ readonly id: string } & Readonly<Record<string, unknown>>>
  readonly nextCursor: string | null
}

const askers = 8
const pauseMillis = 200
const attempts = 50

export const sensorAnswer = ({ datastreams, district, id, latest, location, name }: SensorDetail): string =>
  JSON.stringify([
    id,
    name,
    location,
    district,
    latest,
    datastreams.map(({ counted, duplicate, late, overflow, property, superseded }) => [
      property,
      counted,
      duplicate,
      superseded,
      late,
      overflow
    ])
  ])

/** Of a district as it is shown, and of a state as it is kept. */
export const districtAnswer = (
  district: string,
  { end, final, knownAt, properties, quality, revision, start }: Readonly<Record<string, unknown>>
): string => canonical(JSON.stringify({ district, start, end, knownAt, revision, final, quality, properties }))

const answered = async (url: string): Promise<string> => {
  for (let attempt = 1;; attempt++) {
    const { body, status } = await ask(url)
    if (status === 200) return body
    if (attempt === attempts) return JSON.stringify({ notAnswered: url, status })
    await sleep(pauseMillis)
  }
}

const all = async (url: string): Promise<ReadonlyArray<Page["items"][number]>> => {
  const items: Array<Page["items"][number]> = []
  for (let cursor: string | null = ""; cursor !== null;) {
    const page = JSON.parse(await answered(`${url}?limit=1000${cursor === "" ? "" : `&cursor=${cursor}`}`)) as Partial<
      Page
    >
    items.push(...page.items ?? [])
    cursor = page.nextCursor ?? null
  }
  return items
}

export const liveAnswers = (api: string): Effect.Effect<LiveAnswers> =>
  Effect.promise(async () => {
    const ids = (await all(`${api}/v1/sensors`)).map(({ id }) => id)
    const sensors: Array<string> = []
    await Promise.all(Array.from({ length: askers }, async (_, asker) => {
      for (let i = asker; i < ids.length; i += askers) {
        const detail = JSON.parse(
          await answered(`${api}/v1/sensors/${encodeURIComponent(ids[i] as string)}`)
        ) as SensorDetail
        sensors.push("datastreams" in detail ? sensorAnswer(detail) : JSON.stringify(detail))
      }
    }))
    const districts = (await all(`${api}/v1/districts`)).flatMap((view) =>
      view["start"] === null ? [] : [districtAnswer(view.id, view)]
    )
    return { sensors, districts }
  })
