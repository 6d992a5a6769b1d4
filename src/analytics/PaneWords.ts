/**
 * The open panes of a datastream as words, for the store, and back: how many, then of each (oldest first) start, values, and
 * each value (newest first): its result, then 2^20 × its district + 4 × milliseconds since the start + 2 where its result time
 * differs from its phenomenon time + 1 where it is superseded, then that result time.
 */
import { nextOf } from "./CellPool.ts"
import { aboveOf, packed } from "./LowWord.ts"
import {
  countOf,
  paneCount,
  paneHead,
  type PaneRing,
  paneStart,
  relinked,
  valueLink,
  valueResult,
  valueResultTime,
  valueTime
} from "./PaneRing.ts"
import type { WordWriter } from "./WordWriter.ts"

/** Above the milliseconds and flags of a stored value. */
const aboveMillis = 2 ** 20

export const writePanes = (ring: PaneRing, head: number, writer: WordWriter): void => {
  const open = ring.length(head)
  writer.reserve(1)
  writer.words[writer.length++] = open
  for (let pane = head, left = open; left > 0; left--) {
    pane = ring.next(pane)
    writePane(ring, pane, writer)
  }
}

const writePane = ({ pool }: PaneRing, pane: number, writer: WordWriter): void => {
  const words = pool.chunk(pane)
  const at = pool.at(pane)
  const start = words[at + paneStart] as number
  const values = countOf(words[at + paneCount] as number)
  writer.reserve(2 + 3 * values)
  const into = writer.words
  let length = writer.length
  into[length++] = start
  into[length++] = values
  for (let value = (words[at + paneHead] as number) | 0; value >= 0;) {
    const cell = pool.chunk(value)
    const v = pool.at(value)
    const link = cell[v + valueLink] as number
    const time = cell[v + valueTime] as number
    const resultTime = cell[v + valueResultTime] as number
    into[length++] = cell[v + valueResult] as number
    into[length++] = aboveMillis * aboveOf(link) + 4 * (time - start) + (resultTime === time ? 0 : 2) + (link & 1)
    if (resultTime !== time) into[length++] = resultTime
    value = nextOf(link)
  }
  writer.length = length
}

/**
 * Reads back what `writePanes` wrote from `from[at…]` into empty panes; where it ended. `opened` is told of each, oldest
 * first.
 */
export const readPanes = (
  ring: PaneRing,
  from: Float64Array,
  at: number,
  opened: (pane: number) => void
): number => {
  let cursor = at
  let head = -1
  for (let open = from[cursor++] as number; open > 0; open--) {
    const count = from[cursor + 1] as number
    const pane = ring.cell(from[cursor] as number, -1, count, -1)
    ring.linkAfter(head, pane)
    head = pane
    opened(pane)
    cursor = readValues(ring, pane, from, cursor + 2)
  }
  return cursor
}

const readValues = (ring: PaneRing, pane: number, from: Float64Array, at: number): number => {
  const { pool } = ring
  const start = pool.chunk(pane)[pool.at(pane) + paneStart] as number
  let cursor = at
  let previous = -1
  for (let left = countOf(pool.chunk(pane)[pool.at(pane) + paneCount] as number); left > 0; left--) {
    const result = from[cursor++] as number
    const placed = from[cursor++] as number
    const district = Math.floor(placed / aboveMillis)
    const code = placed - aboveMillis * district
    const time = start + Math.floor(code / 4)
    const resultTime = (code & 2) === 0 ? time : from[cursor++] as number
    const value = ring.cell(time, resultTime, result, packed(district, (code & 1) - 2))
    if (previous < 0) pool.chunk(pane)[pool.at(pane) + paneHead] = value
    else {
      const link = pool.at(previous) + valueLink
      const words = pool.chunk(previous)
      words[link] = relinked(words[link] as number, value)
    }
    previous = value
  }
  return cursor
}
