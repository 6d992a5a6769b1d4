/**
 * Splits CSV text (RFC 4180; any one-character separator, CRLF or LF, a byte order mark) into records with their line
 * numbers, chunk by chunk. Promise: a quoted field may hold separators, doubled quotes and line breaks; a quote that is
 * never closed costs only its own line, which is told apart; no record grows beyond `recordCharsMax`.
 */

/** Longest record; a header of 100,000 sensor ids still fits. */
export const recordCharsMax = 4_194_304
/** Longest record with a line break inside quotes: beyond it the quote is taken as never closed. */
const quotedCharsMax = 65_536

export interface CsvRecord {
  /** Line on which it starts, from 1. */
  readonly line: number
  readonly text: string
  readonly fields: ReadonlyArray<string>
  /** What is wrong with the record as a whole. */
  readonly problem?: string
}

export class CsvReader {
  private readonly separator: string
  private rest = ""
  private line = 1
  private started = false

  constructor(separator: string = ",") {
    this.separator = separator
  }

  /** The records that `text` completes. A blank line is a record with one empty field. */
  push(text: string): ReadonlyArray<CsvRecord> {
    const clean = this.started || !text.startsWith("\uFEFF") ? text : text.slice(1)
    if (text.length > 0) this.started = true
    this.rest += clean
    return this.split(false)
  }

  /** The record behind the last line break, if there is one. */
  end(): ReadonlyArray<CsvRecord> {
    return this.split(true)
  }

  private split(isEnd: boolean): ReadonlyArray<CsvRecord> {
    const { rest } = this
    const records: Array<CsvRecord> = []
    let from = 0
    let quote = rest.indexOf('"')
    while (from < rest.length) {
      const newline = rest.indexOf("\n", from)
      if (newline < 0 && !isEnd && rest.length - from <= recordCharsMax) break
      const lineEnd = newline < 0 ? rest.length : newline
      if (quote >= 0 && quote < from) quote = rest.indexOf('"', from)
      const split = quote < 0 || quote >= lineEnd ? "plain" : this.quotedRecord(from, isEnd)
      if (split === "more") break
      if (typeof split === "string") {
        records.push(this.plainRecord(from, lineEnd, split === "broken"))
        from = lineEnd + 1
      } else {
        const text = rest.slice(from, split.end)
        records.push({ line: this.line, text, fields: split.fields })
        this.line += text.split("\n").length
        from = split.end + 1
      }
    }
    this.rest = rest.slice(from)
    return records
  }

  private plainRecord(from: number, end: number, isBroken: boolean): CsvRecord {
    const line = this.line++
    const text = this.rest.slice(from, end > from && this.rest.charCodeAt(end - 1) === 13 ? end - 1 : end)
    if (isBroken) return { line, text, fields: [], problem: "has a quote that is never closed" }
    if (text.length > recordCharsMax) {
      return { line, text: text.slice(0, 200), fields: [], problem: `is longer than ${recordCharsMax} characters` }
    }
    return { line, text, fields: text.split(this.separator) }
  }

  /** A record with quotes: "more" where its end is not here yet, "broken" where a quote is never closed. */
  private quotedRecord(from: number, isEnd: boolean): QuotedRecord | "more" | "broken" {
    const { rest, separator } = this
    const fields: Array<string> = []
    let at = from
    while (true) {
      let field = ""
      if (rest[at] === '"') {
        const closed = this.closingQuote(at)
        if (closed - from > quotedCharsMax) return "broken"
        if (closed >= rest.length - 1 && !isEnd) return "more"
        if (closed >= rest.length) return "broken"
        field = rest.slice(at + 1, closed).replaceAll('""', '"')
        at = closed + 1
      }
      const separated = rest.indexOf(separator, at)
      const newline = rest.indexOf("\n", at)
      if (newline < 0 && !isEnd) return "more"
      const lineEnd = newline < 0 ? rest.length : newline
      if (separated >= 0 && separated < lineEnd) {
        fields.push(field + rest.slice(at, separated))
        at = separated + 1
        continue
      }
      const end = lineEnd > at && rest.charCodeAt(lineEnd - 1) === 13 ? lineEnd - 1 : lineEnd
      fields.push(field + rest.slice(at, end))
      return { end: lineEnd, fields }
    }
  }

  /** Index of the quote that closes the one at `open`; the length of the text where there is none. */
  private closingQuote(open: number): number {
    const { rest } = this
    for (let at = rest.indexOf('"', open + 1); at >= 0; at = rest.indexOf('"', at + 2)) {
      if (rest[at + 1] !== '"') return at
    }
    return rest.length
  }
}

interface QuotedRecord {
  readonly end: number
  readonly fields: ReadonlyArray<string>
}
