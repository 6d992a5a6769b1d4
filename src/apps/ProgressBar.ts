/** A progress bar on a terminal; elsewhere (a log file, CI) a line now and then. */
import { Clock, Effect } from "effect"

export interface Progress {
  readonly done: number
  readonly total: number
  /** What else to say, e.g. the event time reached. */
  readonly note: string
}

const width = 30
const redrawMillis = 100
const lineMillis = 5_000

const bar = (share: number): string => {
  const filled = Math.round(width * share)
  return "█".repeat(filled) + "░".repeat(width - filled)
}

const count = (n: number): string => n.toLocaleString("en-US")

/** Shows each progress it is given, at most ten times a second; call `finish` at the end. */
export const progressBar = (
  title: string,
  terminal: { readonly isTTY?: boolean; readonly write: (text: string) => unknown }
) =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const startedAt = clock.currentTimeMillisUnsafe()
    const every = terminal.isTTY === true ? redrawMillis : lineMillis
    let shownAt = -Infinity
    const show = ({ done, note, total }: Progress, force: boolean): void => {
      const now = clock.currentTimeMillisUnsafe()
      if (!force && now - shownAt < every) return
      shownAt = now
      const share = total === 0 ? 1 : Math.min(1, done / total)
      const rate = done / Math.max(0.001, (now - startedAt) / 1000)
      const text = `  ${title} ${bar(share)} ${Math.floor(100 * share)} % ${count(done)}/${count(total)}`
        + ` · ${note} · ${count(Math.round(rate))}/s`
      terminal.write(terminal.isTTY === true ? `\r\x1b[2K${text}${force ? "\n" : ""}` : `${text}\n`)
    }
    return {
      show: (progress: Progress) => Effect.sync(() => show(progress, false)),
      finish: (progress: Progress) => Effect.sync(() => show(progress, true))
    }
  })
