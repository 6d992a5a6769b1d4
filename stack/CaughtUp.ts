/** Waits until the processes that hold the shards of a city have applied all of their logs, as their own diagnostics say. */
import { Effect } from "effect"
import { setTimeout as sleep } from "node:timers/promises"
import { shardCount } from "../src/schemas/Shards.ts"
import { ask } from "./Load.ts"

interface Diagnosed {
  readonly accounting: { readonly sent: number }
  readonly lag: number
  readonly shardsReady: number
}

const shardsOfBothStages = 2 * shardCount
const looks = 5
const pauseMillis = 200

/**
 * How many observations they have in their state, once every shard is ready and nothing is left in the logs in several looks in a row: what
 * one stage gives out is behind it for a moment.
 */
export const caughtUp = (urls: ReadonlyArray<string>): Effect.Effect<number> =>
  Effect.promise(async (signal) => {
    let sent = 0
    for (let quiet = 0; quiet < looks && !signal.aborted;) {
      const answers = await Promise.all(urls.map((url) => ask(`${url}/health/diagnostics`)))
      const all = answers.flatMap(({ body, status }) => status === 200 ? [JSON.parse(body) as Diagnosed] : [])
      const isQuiet = all.length === urls.length && all.every(({ lag }) => lag === 0)
        && all.reduce((sum, { shardsReady }) => sum + shardsReady, 0) === shardsOfBothStages
      quiet = isQuiet ? quiet + 1 : 0
      sent = all.reduce((sum, { accounting }) => sum + accounting.sent, 0)
      await sleep(pauseMillis)
    }
    return sent
  })
