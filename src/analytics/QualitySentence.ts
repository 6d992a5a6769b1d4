/**
 * The quality of life in one sentence for people: what pulls it down most, what then, and which sensors are not to be
 * believed. Promise: at most 240 characters; what does not fit is left out from the end.
 */
import { type QualityPartName, sentenceLengthMax } from "../schemas/QualityOfLife.ts"
import type { PropertyStates } from "./PropertyState.ts"

interface SentencePart {
  readonly name: QualityPartName
  readonly weight: number
  /** Points, at most 0. */
  readonly contribution: number
  readonly detail: string
  readonly clause: string
}

const labels: { readonly [name in QualityPartName]: string } = {
  air: "air",
  traffic: "traffic",
  public_transport: "public transport",
  noise: "noise"
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const listed = (words: ReadonlyArray<string>): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`

const are = (count: number): string => count === 1 ? "is" : "are"

/** `1 of 9 sensors is stuck`; empty where all is well. Counted per property. */
const illness = (states: PropertyStates, properties: ReadonlyArray<string>): string => {
  let all = 0
  let stuck = 0
  let silent = 0
  for (const property of properties) {
    const state = states.get(property)
    if (state === undefined) continue
    all += Math.max(state.expected, state.seen)
    stuck += state.ill
    silent += Math.max(0, state.expected - state.seen)
  }
  if (stuck + silent === 0) return ""
  const sensors = all === 1 ? "sensor" : "sensors"
  if (silent === 0) return `; ${stuck} of ${all} ${sensors} ${are(stuck)} stuck`
  if (stuck === 0) return `; ${silent} of ${all} ${sensors} ${are(silent)} silent`
  return `; of ${all} ${sensors} ${stuck} ${are(stuck)} stuck and ${silent} ${are(silent)} silent`
}

/** `parts` as listed; `properties` are all that a part is computed from. */
export const qualitySentence = (
  parts: ReadonlyArray<SentencePart>,
  states: PropertyStates,
  properties: ReadonlyArray<string>
): string => {
  // Below one point nobody sees it. The sort is stable: at a tie the part that is listed first.
  const [most, next] = parts.filter(({ contribution }) => contribution <= -1).sort((a, b) =>
    a.contribution - b.contribution
  )
  const known = parts.filter(({ weight }) => weight > 0).map(({ name }) => labels[name])
  const pieces = [
    most === undefined
      ? `Nothing pulls it down by as much as a point (measured: ${listed(known)})`
      : `${capital(labels[most.name])} pulls it down most: ${most.clause}`,
    next === undefined ? "" : `; then ${labels[next.name]} (${next.detail})`,
    illness(states, properties)
  ]
  let sentence = ""
  for (const piece of pieces) if (sentence.length + piece.length < sentenceLengthMax) sentence += piece
  return `${sentence}.`
}
