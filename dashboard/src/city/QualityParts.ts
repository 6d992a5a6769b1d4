/** The parts of the quality of life, in the order and the colours in which they are always shown. */
import type { Quality, QualityPart } from "../api/Shapes.ts"

const known: ReadonlyArray<readonly [name: string, title: string]> = [
  ["air", "Air"],
  ["traffic", "Traffic"],
  ["public_transport", "Public transport"],
  ["noise", "Noise"]
]

export const partNames: ReadonlyArray<string> = known.map(([name]) => name)

/** A name for people. */
export const partTitle = (name: string): string =>
  known.find(([each]) => each === name)?.[1] ?? name.replaceAll("_", " ")

/** In a fixed order, so that bars of different districts can be compared. */
export const inOrder = (parts: ReadonlyArray<QualityPart>): ReadonlyArray<QualityPart> => {
  const place = (part: QualityPart) => {
    const at = partNames.indexOf(part.name)
    return at < 0 ? partNames.length : at
  }
  return parts.toSorted((a, b) => place(a) - place(b))
}

export interface Segment {
  readonly name: string
  /** Points of 100 that are lost. */
  readonly points: number
}

/** What is missing to 100, by part. Together with the index it is never more than 100, whatever rounding did. */
export const lostPoints = ({ index, parts }: Quality): ReadonlyArray<Segment> => {
  const lost = inOrder(parts).map(({ contribution, name }) => ({ name, points: Math.max(0, -contribution) }))
  const sum = lost.reduce((total, { points }) => total + points, 0)
  const room = Math.max(0, 100 - index)
  const scale = sum > room && sum > 0 ? room / sum : 1
  return lost.map(({ name, points }) => ({ name, points: points * scale }))
}
