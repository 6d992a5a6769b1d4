/**
 * Where a text stops being JSON (RFC 8259), for a message: `JSON.parse` only says for some faults where they are.
 * Promise: finds a fault exactly in those texts that `JSON.parse` refuses, at the first character that no JSON text could
 * have there. Never echoes more than one character of the text.
 */

type Expected =
  | "a value"
  | "a value or ]"
  | "a name in double quotes"
  | "a name or }"
  | ":"
  | ", or ]"
  | ", or }"
  | "the end"

/** One pass over a text; `at` is the place it has come to. */
class Scan {
  readonly text: string
  at = 0
  /** Open arrays and objects, innermost last. */
  readonly open: Array<"[" | "{"> = []
  expected: Expected = "a value"

  constructor(text: string) {
    this.text = text
  }

  /** Past the next token where it is the expected one; else false, and `at` is the fault. */
  step(): boolean {
    const c = this.text[this.at]
    switch (this.expected) {
      case "a value or ]":
        return c === "]" ? this.close() : this.value(c)
      case "a value":
        return this.value(c)
      case "a name or }":
        return c === "}" ? this.close() : this.name(c)
      case "a name in double quotes":
        return this.name(c)
      case ":":
        return c === ":" && this.take("a value")
      case ", or ]":
        return c === "]" ? this.close() : c === "," && this.take("a value")
      case ", or }":
        return c === "}" ? this.close() : c === "," && this.take("a name in double quotes")
      case "the end":
        return false
    }
  }

  blanks(): void {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) this.at++
  }

  private take(next: Expected): true {
    this.at++
    this.expected = next
    return true
  }

  private close(): true {
    this.at++
    this.open.pop()
    return this.after()
  }

  private after(): true {
    const inner = this.open.at(-1)
    this.expected = inner === undefined ? "the end" : inner === "[" ? ", or ]" : ", or }"
    return true
  }

  private name(c: string | undefined): boolean {
    if (c !== '"' || !this.string()) return false
    this.expected = ":"
    return true
  }

  private value(c: string | undefined): boolean {
    if (c === "[" || c === "{") {
      this.open.push(c)
      return this.take(c === "[" ? "a value or ]" : "a name or }")
    }
    const taken = c === '"' ? this.string() : c === "t" ? this.word("true") : c === "f" ?
      this.word("false")
      : c === "n"
      ? this.word("null")
      : this.number()
    return taken && this.after()
  }

  private word(word: string): boolean {
    for (const c of word) {
      if (this.text[this.at] !== c) return false
      this.at++
    }
    return true
  }

  private string(): boolean {
    for (this.at++; this.at < this.text.length; this.at++) {
      const code = this.text.charCodeAt(this.at)
      if (code < 32) return false
      if (code === 34) {
        this.at++
        return true
      }
      if (code === 92 && !this.escape()) return false
    }
    return false
  }

  /** Leaves `at` on the last character of the escape. */
  private escape(): boolean {
    const c = this.text[++this.at] ?? ""
    if (c !== "u") return c !== "" && '"\\/bfnrt'.includes(c)
    for (let i = 0; i < 4; i++) if (!/[0-9a-fA-F]/.test(this.text[++this.at] ?? "")) return false
    return true
  }

  private digits(): boolean {
    const start = this.at
    while (/\d/.test(this.text[this.at] ?? "")) this.at++
    return this.at > start
  }

  private number(): boolean {
    if (this.text[this.at] === "-") this.at++
    if (this.text[this.at] === "0") this.at++
    else if (!this.digits()) return false
    if (this.text[this.at] === ".") {
      this.at++
      if (!this.digits()) return false
    }
    if (!/[eE]/.test(this.text[this.at] ?? "")) return true
    this.at++
    if (/[+-]/.test(this.text[this.at] ?? "")) this.at++
    return this.digits()
  }
}

/** The offset of the first fault in UTF-16 units and what was expected there, or `undefined` where the text is JSON. */
export const jsonFault = (text: string): { readonly offset: number; readonly expected: Expected } | undefined => {
  const scan = new Scan(text)
  for (;;) {
    scan.blanks()
    if (scan.expected === "the end" && scan.at === text.length) return undefined
    const { expected } = scan
    if (!scan.step()) return { offset: scan.at, expected }
  }
}

/** The fault in a sentence. */
export const describeJsonFault = (text: string): string => {
  const fault = jsonFault(text)
  if (fault === undefined) return "this is JSON"
  const before = text.slice(0, fault.offset)
  const line = before.split("\n").length
  const column = fault.offset - before.lastIndexOf("\n")
  const character = String.fromCodePoint(text.codePointAt(fault.offset) ?? 32)
  const found = fault.offset < text.length ? JSON.stringify(character) : "the end of the text"
  return `expected ${fault.expected} but found ${found} at position ${fault.offset} (line ${line}, column ${column})`
}
