/**
 * A body as items for the door. Hot path: one decoding of the whole text, one `JSON.parse` per line, nothing else per item;
 * the raw bytes of an item are cut out only when it is rejected. (Parsing all lines joined into one array was not faster.)
 * Promises: an item's `raw` is its bytes as they came; a broken line costs no other line.
 */
import type { Item } from "./Door.ts"
import { JsonElements } from "./JsonElements.ts"
import { describeJsonFault } from "./JsonFault.ts"

const utf8 = new TextDecoder("utf-8", { fatal: true })
const lossy = new TextDecoder()
const encoder = new TextEncoder()

export type ParsedBody =
  | { readonly _tag: "Items"; readonly items: ReadonlyArray<Item> }
  | { readonly _tag: "Empty" }
  | { readonly _tag: "TooMany" }
  | { readonly _tag: "Malformed"; readonly detail: string }

/** The text of bytes; fails on what is no UTF-8. */
const decode = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** One line of NDJSON. */
class LineItem implements Item {
  readonly value: unknown
  readonly malformed: string | undefined
  private readonly text: string
  private readonly start: number
  private readonly end: number

  constructor(value: unknown, malformed: string | undefined, text: string, start: number, end: number) {
    this.value = value
    this.malformed = malformed
    this.text = text
    this.start = start
    this.end = end
  }

  raw(): Uint8Array {
    return encoder.encode(this.text.slice(this.start, this.end))
  }
}

/** A line that is no UTF-8 at all. */
const undecodable = (bytes: Uint8Array): Item => ({
  value: undefined,
  malformed: "the line is not UTF-8",
  raw: () => bytes
})

const lineOf = (text: string, start: number, end: number): Item => {
  const line = text.slice(start, end)
  try {
    return new LineItem(JSON.parse(line), undefined, text, start, end)
  } catch {
    return new LineItem(undefined, describeJsonFault(line), text, start, end)
  }
}

/** Whether `[start, end)` holds anything but blanks (a line may end in CR LF). */
const isBlank = (text: string, start: number, end: number): boolean => {
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code !== 32 && code !== 9 && code !== 13) return false
  }
  return true
}

/** Appends the non-empty lines of `text`; false when there are more than `itemsMax`. */
const appendLines = (items: Array<Item>, text: string, itemsMax: number): boolean => {
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start)
    const end = newline < 0 ? text.length : newline
    if (!isBlank(text, start, end)) {
      if (items.length === itemsMax) return false
      items.push(lineOf(text, start, text.charCodeAt(end - 1) === 13 ? end - 1 : end))
    }
    start = end + 1
  }
  return true
}

/** Newline-delimited JSON: one item per non-empty line. */
export const parseLines = (bytes: Uint8Array, itemsMax: number): ParsedBody => {
  const items: Array<Item> = []
  const text = decode(bytes)
  let fits = true
  if (text !== undefined) fits = appendLines(items, text, itemsMax)
  else {
    // Somewhere there is a byte that is no UTF-8: only its line is to suffer.
    for (let start = 0; start < bytes.length && fits;) {
      const newline = bytes.indexOf(10, start)
      const line = bytes.subarray(start, newline < 0 ? bytes.length : newline)
      const lineText = decode(line)
      if (lineText !== undefined) fits = appendLines(items, lineText, itemsMax)
      else if (items.length === itemsMax) fits = false
      else items.push(undecodable(line))
      start += line.length + 1
    }
  }
  if (!fits) return { _tag: "TooMany" }
  return items.length === 0 ? { _tag: "Empty" } : { _tag: "Items", items }
}

/** JSON: one item, or an array of them. */
export const parseJson = (bytes: Uint8Array, itemsMax: number): ParsedBody => {
  const text = decode(bytes)
  if (text === undefined) return { _tag: "Malformed", detail: `the body is not UTF-8: ${notUtf8At(bytes)}` }
  if (text.trim() === "") return { _tag: "Empty" }
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return { _tag: "Malformed", detail: describeJsonFault(text) }
  }
  if (!Array.isArray(body)) return { _tag: "Items", items: [{ value: body, raw: () => bytes }] }
  if (body.length === 0) return { _tag: "Empty" }
  if (body.length > itemsMax) return { _tag: "TooMany" }
  const elements = new JsonElements(text)
  return {
    _tag: "Items",
    items: body.map((value, index) => ({ value, raw: () => encoder.encode(elements.text(index)) }))
  }
}

/** Media types of newline-delimited JSON; there is no registered one. */
export const ndjsonTypes = ["application/x-ndjson", "application/ndjson", "application/jsonl"] as const

/** Where nobody says which it is: JSON if the whole is, else lines if the first one is JSON by itself. */
const parseUnlabelled = (bytes: Uint8Array, itemsMax: number): ParsedBody => {
  const whole = parseJson(bytes, itemsMax)
  if (whole._tag !== "Malformed") return whole
  const [firstLine] = (decode(bytes) ?? "").trimStart().split("\n", 1)
  const first = parseJson(encoder.encode(firstLine), 1)
  return first._tag === "Items" ? parseLines(bytes, itemsMax) : whole
}

const parsers: ReadonlyMap<string, (bytes: Uint8Array, itemsMax: number) => ParsedBody> = new Map([
  ["application/json", parseJson],
  ...ndjsonTypes.map((type) => [type, parseLines] as const)
])

/** What reads bodies of a media type, or bodies without one; `undefined` where the type is not taken. */
export const parserOf = (
  contentType: string | undefined
): ((bytes: Uint8Array, itemsMax: number) => ParsedBody) | undefined =>
  contentType === undefined ? parseUnlabelled : parsers.get((contentType.split(";")[0] ?? "").trim().toLowerCase())

/** Where bytes stop being UTF-8: they agree with their lossy decoding up to there. */
const notUtf8At = (bytes: Uint8Array): string => {
  const again = encoder.encode(lossy.decode(bytes))
  let at = 0
  while (at < bytes.length && bytes[at] === again[at]) at++
  return `byte ${at}`
}
