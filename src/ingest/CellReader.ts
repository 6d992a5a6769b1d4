/**
 * The cells of a value column, as the mapping says they are written: to a plausible result in the unit of the property, to
 * "no value", or to a refusal. Hot path of a replay.
 */
import { observedProperties, type ObservedProperty, observedProperty } from "../schemas/ObservedProperties.ts"
import { conversion } from "../schemas/Units.ts"
import { implausible, notANumber, type Refusal, unknownUnit } from "./Refusals.ts"

const plainNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

export interface CellFormat {
  readonly missing?: ReadonlyArray<string>
  readonly decimalComma?: boolean
}

export interface CellReader {
  readonly property: ObservedProperty
  /** The result, `undefined` where the cell stands for no value. */
  readonly read: (cell: string) => number | Refusal | undefined
}

/** `property` and `unit` are what a decoded mapping holds: known and convertible. */
export const cellReader = (property: string, unit: string | undefined, format: CellFormat): CellReader => {
  const known = observedProperty(property) ?? observedProperties[0] as ObservedProperty
  const sentUnit = unit ?? known.unit
  const convert = conversion(sentUnit, known.unit)
  const toNumber = (cell: string): number => {
    const text = format.decimalComma === true ? withPoint(cell) : cell
    return plainNumber.test(text) ? Number(text) : NaN
  }
  const missingTexts = new Set(format.missing ?? [])
  const missingNumbers = new Set((format.missing ?? []).map(toNumber).filter((number) => !Number.isNaN(number)))
  const kind = format.decimalComma === true ? "number with a decimal comma" : "number"
  const read = (text: string): number | Refusal | undefined => {
    const cell = text.trim()
    if (cell === "" || missingTexts.has(cell)) return undefined
    const sent = toNumber(cell)
    if (!Number.isFinite(sent)) return notANumber(cell, known, kind)
    if (missingNumbers.has(sent)) return undefined
    if (convert === undefined) return unknownUnit(sentUnit, known)
    const result = sent * convert.factor + convert.offset
    return implausible(known, result, sent, sentUnit) ?? result
  }
  return { property: known, read }
}

/** With a decimal point; a text that has one already is no number with a decimal comma. */
const withPoint = (cell: string): string => cell.includes(".") ? "no number" : cell.replace(",", ".")

/** A coordinate in degrees; NaN where the cell holds none. */
export const degrees = (cell: string, format: CellFormat): number => {
  const text = format.decimalComma === true ? withPoint(cell.trim()) : cell.trim()
  return plainNumber.test(text) ? Number(text) : NaN
}
