/**
 * Panes drawn in ASCII. A drawing says what arrives, in the order of the log, and what comes of it; `drawn` plays it into real
 * datastreams and draws the outcome anew, so that a test is `assert.strictEqual(drawn(picture), picture)`.
 *
 *     lateness 2 min                                    settings: lateness, idle time-out (s), pool cells
 *              |00:00 |00:01 |00:02 |                   a column per minute (`1d0:05`: of the next day)
 *     00:00:05 |5     |      |      |                   a value received at 00:00:05: 5, measured at 00:00:00
 *     00:01:30 |      |7b 8  |      |                   6 characters a minute: 7 at 00:01:00, 8 at 00:01:30
 *     tick 00:09:00                                     a tick
 *     sealed   |1×5   |2×7.5 |      |                   outcome: count × mean of each 1-min window
 *     counted 3                                         outcome: where the observations went
 *
 * `a`, `b`, `c` behind a value is its result time (phenomenon time + 1, 2, 3 s; none without), `<` puts it on the last
 * millisecond of its pane. A word before the time, or before an outcome, names a sensor. Outcomes are `sealed`, `open`,
 * `sealed5`, `open5`, `sealed60`, `open60`, `watermark`, `counted`; those that stand in the drawing are drawn.
 */
import { Datastreams } from "../../src/analytics/Datastreams.ts"
import * as Slab from "../../src/analytics/DatastreamSlab.ts"
import * as Summary from "../../src/analytics/Summary.ts"

/** A Monday. */
export const drawnDay = Date.UTC(2026, 5, 1)
const minute = 60_000
const columnMillis = 10_000
const labelWidth = 16

const pad = (n: number): string => String(n).padStart(2, "0")
const clock = (millis: number): string => {
  const days = Math.floor((millis - drawnDay) / 86_400_000)
  const at = new Date(millis)
  return `${days === 0 ? "" : `${days}d`}${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}`
}
const instant = (text: string): number => {
  const [, days = "0", hours = "", minutes = "", seconds = "0"] =
    /^(?:(\d+)d)?(\d\d?):(\d\d)(?::(\d\d))?$/.exec(text) ??
      []
  if (hours === "") throw new Error(`no time: "${text}"`)
  return drawnDay + Number(days) * 86_400_000 + Number(hours) * 3_600_000 + Number(minutes) * minute +
    Number(seconds) * 1000
}

interface Summarized {
  readonly start: number
  readonly count: number
  readonly mean: number
}
type Outcome = "sealed" | "open"

/** Real datastreams, by the names of the drawing, and all they sealed. */
class Played {
  readonly streams: Datastreams
  lateness = 5 * minute
  idle = 60_000
  private readonly slots = new Map<string, number>()
  private readonly sealed: Array<Summarized & { readonly slot: number; readonly size: number }> = []

  constructor(cells: number | undefined) {
    this.streams = new Datastreams("UTC", cells)
  }
  slot(name: string): number {
    const known = this.slots.get(name)
    if (known !== undefined) return known
    const slot = this.streams.add(0)
    this.slots.set(name, slot)
    return slot
  }
  windows(name: string, outcome: Outcome, size: number): ReadonlyArray<Summarized> {
    const slot = this.slot(name)
    const sealed = this.streams.takeSealed()
    for (let i = 0; i < sealed.length; i++) {
      const row = { slot: sealed.slot[i] ?? -1, size: sealed.size[i] ?? -1, start: sealed.start[i] ?? NaN }
      this.sealed.push({ ...row, count: sealed.count[i] ?? -1, mean: sealed.mean[i] ?? NaN })
    }
    if (outcome === "sealed") return this.sealed.filter((window) => window.slot === slot && window.size === size)
    const open: Array<Summarized> = []
    this.streams.openWindows(slot, size, (summary) => {
      const [start = NaN, count = NaN] = summary
      open.push({ start, count, mean: Summary.reportedMean(summary, 0, "arithmetic") })
    })
    return open
  }
  word(name: string, word: number): number {
    const slot = this.slot(name)
    return this.streams.slab.record(slot)[this.streams.slab.at(slot) + word] ?? NaN
  }
}

const counters = {
  counted: Slab.counted,
  duplicate: Slab.duplicate,
  superseded: Slab.superseded,
  late: Slab.late,
  overflow: Slab.overflow
}

const play = (played: Played, line: string, starts: ReadonlyArray<number>): void => {
  const [label = "", ...cells] = line.split("|")
  const words = label.trim().split(/\s+/)
  const receivedAt = instant(words.at(-1) ?? "")
  const slot = played.slot(words.length > 1 ? words[0] ?? "" : "")
  for (const [i, start] of starts.entries()) {
    for (const { 0: token, 1: result, 2: mark = "", index } of (cells[i] ?? "").matchAll(/(-?\d+)([abc<]?)/g)) {
      if (token === "") continue
      const time = mark === "<" ? start + minute - 1 : start + index * columnMillis
      const resultTime = mark === "" || mark === "<" ? NaN : time + 1000 * ("abc".indexOf(mark) + 1)
      played.streams.observe(slot, time, resultTime, Number(result), receivedAt, played.lateness)
    }
  }
}

const draw = (played: Played, line: string, starts: ReadonlyArray<number>): string => {
  const words = (line.split("|")[0] ?? "").trim().split(/\s+/)
  const known = /^(sealed|open)(5|60)?$|^watermark$|^counted$/
  const name = known.test(words[0] ?? "") ? "" : words[0] ?? ""
  const outcome = name === "" ? words[0] ?? "" : words[1] ?? ""
  const label = name === "" ? outcome : `${name} ${outcome}`
  if (outcome === "watermark") return `${label} ${clock(played.word(name, Slab.watermark))}`
  if (outcome === "counted") {
    const counts = Object.entries(counters).map(([counter, word]) => `${counter} ${played.word(name, word)}`)
    return `${name === "" ? "" : `${name} `}${counts.filter((text, i) => i === 0 || !text.endsWith(" 0")).join(" ")}`
  }
  const [, kind, size = "1"] = known.exec(outcome) ?? []
  const windows = new Map(
    played.windows(name, kind === "sealed" ? "sealed" : "open", Number(size) * minute)
      .map(({ count, mean, start }) => [start, `${count}×${Math.round(mean * 100) / 100}`])
  )
  const cells = starts.map((start) => (windows.get(start) ?? "").padEnd(6))
  const elsewhere = [...windows].filter(([start]) => !starts.includes(start))
  return `${label.padEnd(labelWidth)}|${cells.join("|")}|`
    + elsewhere.map(([start, text]) => ` ${clock(start)} ${text}`).join("")
}

/** The drawing with its outcomes as they really are. */
export const drawn = (picture: string): string => {
  const lines = picture.split("\n")
  const starts = [...(lines.find((line) => /^\s*\|/.test(line)) ?? "").matchAll(/\|([^|\s]+)/g)].map(([, at = ""]) =>
    instant(at)
  )
  const setting = (name: string): number | undefined => {
    const found = new RegExp(`^.*\\b${name} (\\d+)`, "m").exec(picture)?.[1]
    return found === undefined ? undefined : Number(found)
  }
  const played = new Played(setting("cells"))
  played.lateness = (setting("lateness") ?? 5) * minute
  played.idle = (setting("idle") ?? 60) * 1000
  return lines.map((line) => {
    const indent = /^\s*/.exec(line)?.[0] ?? ""
    const text = line.trim()
    if (text === "" || text.startsWith("|") || /^(lateness|idle|cells)\b/.test(text)) return line
    if (text.startsWith("tick ")) played.streams.tick(instant(text.slice(5)), played.idle, () => undefined)
    else if (/^(\S+ +)?(\d+d)?\d\d?:\d\d/.test(text)) play(played, text, starts)
    else return indent + draw(played, text, starts)
    return line
  }).join("\n")
}
