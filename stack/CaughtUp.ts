/** Waits until processes with shards have applied all of their logs, as their own diagnostics say. */
import { Effect } from "effect"
import { setTimeout as sleep } from "node:timers/promises"

interface Lagging {
  readonly lag: number
  readonly shardsReady: number
}

const looks = 5

/** `lag` must be 0 in several looks in a row: what one stage gives out is behind it for a moment. */
export const caughtUp = (urls: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.promise(async () => {
    for (let quiet = 0; quiet < looks;) {
      const lags = await Promise.all(urls.map(async (url) => {
        const answer = await fetch(`${url}/health/diagnostics`)
        return answer.status === 200 ? await answer.json() as Lagging : undefined
      }))
      quiet = lags.every((found) => found !== undefined && found.lag === 0 && found.shardsReady > 0) ? quiet + 1 : 0
      await sleep(300)
    }
  })
