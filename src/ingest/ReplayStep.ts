/**
 * Recorded data cut into steps of event time: what the readers of tables give and the replay sends. Promise: steps depend on
 * the data and the mapping alone, come in the order of event time, and name every value that cannot be kept with file and line.
 */
import { Schema, type Stream } from "effect"
import type { ObservedProperty } from "../schemas/ObservedProperties.ts"
import type { Refusal } from "./Refusals.ts"

export interface RecordedObservation {
  readonly sensorId: string
  readonly property: ObservedProperty
  /** Epoch milliseconds. */
  readonly phenomenonTime: number
  /** In the unit of the property. */
  readonly result: number
  /** Longitude and latitude in degrees, where the row has them. */
  readonly location: readonly [number, number] | undefined
}

/** A value or row that is not sent. */
export interface BadValue {
  readonly file: string
  readonly line: number
  /** Name of the column; empty for a whole row. */
  readonly column: string
  readonly refusal: Refusal
  readonly raw: string
}

export interface ReplayStep {
  /** End of the step's event time: nothing in it is later. Epoch milliseconds. */
  readonly receivedAt: number
  readonly observations: ReadonlyArray<RecordedObservation>
  readonly bad: ReadonlyArray<BadValue>
  /** Values that stand for none. */
  readonly missing: number
}

/** Opened data: how much there is, and the steps. */
export interface ReplayTable {
  /** Values in the steps (good, bad and missing): exact for long tables, an estimate from the line breaks for a matrix. */
  readonly values: number
  /** Missing values found before the first step. */
  readonly missing: number
  readonly steps: Stream.Stream<ReplayStep, ReplayDataInvalid>
}

/** The data cannot be replayed as a whole: a file is unreadable, or has no such column. */
export class ReplayDataInvalid extends Schema.TaggedError<ReplayDataInvalid>()("ReplayDataInvalid", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.file}: ${this.detail}`
  }
}

export const unreadable = (file: string) => (error: { readonly message: string }): ReplayDataInvalid =>
  new ReplayDataInvalid({ file, detail: `cannot be read: ${error.message}` })
