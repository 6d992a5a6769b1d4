/**
 * Five-minute windows of datastreams whose sensor was in several districts while they ran: a share for each district, kept
 * beside the record. Most windows never come here: all their values are of one district, and the record's own summary is it.
 */
import type { Aggregation } from "../schemas/ObservedProperties.ts"
import { beyondOf } from "./Beyond.ts"
import type { Panes } from "./Panes.ts"
import * as Summary from "./Summary.ts"
import type { WordWriter } from "./WordWriter.ts"

// Words of a share: its summary, its district, its observations beyond the thresholds (packed, see `Beyond.ts`).
export const shareDistrict = Summary.summaryWords
export const shareBeyond = shareDistrict + 1
const shareWords = shareBeyond + 1

/** The shares of one window, in the order their districts came first. */
type Shares = Array<Float64Array>

let scratch = new Float64Array(256)
const paneShare = new Float64Array(Summary.summaryWords)

const shareOf = (shares: Shares, district: number): Float64Array => {
  for (const share of shares) if (share[shareDistrict] === district) return share
  const fresh = new Float64Array(shareWords)
  Summary.clear(fresh, 0)
  fresh[shareDistrict] = district
  shares.push(fresh)
  return fresh
}

/** Adds a summary of one district. */
export const addShare = (
  shares: Shares,
  district: number,
  source: Float64Array,
  at: number,
  beyond: number,
  aggregation: Aggregation
): void => {
  const share = shareOf(shares, district)
  Summary.merge(share, 0, source, at, aggregation)
  share[shareBeyond] = (share[shareBeyond] as number) + beyond
}

/** Adds the pane summarized last, district by district. */
export const addPane = (
  shares: Shares,
  panes: Panes,
  start: number,
  property: number,
  aggregation: Aggregation
): void => {
  panes.load()
  const { districts, from, to, values } = panes
  if (to > scratch.length) scratch = new Float64Array(2 * to)
  for (let i = from; i < to; i++) {
    const district = districts[i] as number
    if (isEarlier(districts, from, i)) continue
    let n = 0
    for (let j = i; j < to; j++) if (districts[j] === district) scratch[n++] = values[j] as number
    Summary.summarize(paneShare, 0, start, scratch, 0, n, aggregation)
    addShare(shares, district, paneShare, 0, beyondOf(scratch, 0, n, property), aggregation)
  }
}

/** Whether the district of `i` was there before it. */
const isEarlier = (districts: Int32Array, from: number, i: number): boolean => {
  for (let j = from; j < i; j++) if (districts[j] === districts[i]) return true
  return false
}

/** The shares of all windows that are in several districts, by slot. */
export class WindowShares {
  private readonly bySlot = new Map<number, Shares>()

  open(slot: number): Shares {
    const shares: Shares = []
    this.bySlot.set(slot, shares)
    return shares
  }

  of(slot: number): Shares {
    return this.bySlot.get(slot) ?? []
  }

  /** The shares of a slot once more, under another. */
  copy(slot: number, to: number): void {
    this.bySlot.set(to, this.of(slot).map((share) => share.slice()))
  }

  close(slot: number): void {
    this.bySlot.delete(slot)
  }

  /** Writes the shares of a slot as words: how many, then their words. */
  write(slot: number, writer: WordWriter): void {
    const shares = this.of(slot)
    writer.reserve(1)
    writer.words[writer.length++] = shares.length
    for (const share of shares) writer.copy(share, 0, shareWords)
  }

  /** Reads back what `write` wrote; returns where it ended. */
  read(slot: number, from: Float64Array, at: number): number {
    const count = from[at] as number
    const shares = this.open(slot)
    for (let i = 0; i < count; i++) {
      const begin = at + 1 + i * shareWords
      shares.push(from.slice(begin, begin + shareWords))
    }
    return at + 1 + count * shareWords
  }
}
