/**
 * curl commands of our pages as requests, so that they can be sent without a shell. Knows what our pages use and refuses the rest, so
 * that no example is passed over.
 */

export interface CurlCommand {
  /** As it is written. */
  readonly text: string
  readonly url: string
  readonly init: RequestInit
}

/** The city's address in all pages. */
const address = "http://127.0.0.1:8080"

const spans: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }
const substitution = /^\$\(date -u(?: -d '(\d+) (minute|hour|day)s? ago')? \+%FT%TZ\)/

/** What `$(date -u +%FT%TZ)` gives, or with `-d '1 hour ago'`, where that is what `text` begins with; and how long it is written. */
const dateOf = (text: string): { readonly value: string; readonly length: number } | undefined => {
  const [written, count, span] = substitution.exec(text) ?? []
  if (written === undefined) return undefined
  const ago = Number(count ?? 0) * (spans[span ?? ""] ?? 0)
  return { value: new Date(Date.now() - ago).toISOString().replace(/\.\d+/, ""), length: written.length }
}

/** Words of a command line up to a pipe, with quotes and dates as a shell has them. */
const wordsOf = (text: string): ReadonlyArray<string> => {
  const words: Array<string> = []
  let word: string | undefined
  let quote = ""
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i)
    const date = quote === "'" ? undefined : dateOf(text.slice(i))
    if (quote === "'" ? c === "'" : quote === '"' && c === '"') quote = ""
    else if (date !== undefined) {
      word = (word ?? "") + date.value
      i += date.length - 1
    } else if (quote !== "") word = (word ?? "") + c
    else if (c === "'" || c === '"') {
      quote = c
      word ??= ""
    } else if (c === "\\" && text.charAt(i + 1) === "\n") i++
    else if (c === "|" || c === "\n" || c === ">") break
    else if (c === " ") {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? "") + c
  }
  if (quote !== "") throw new Error(`a quote is not closed: ${text}`)
  return word === undefined ? words : [...words, word]
}

/** Where the command that starts at `at` ends: at the end of a line outside quotes. */
const endOf = (text: string, at: number): number => {
  let quote = ""
  for (let i = at; i < text.length; i++) {
    const c = text.charAt(i)
    if (quote !== "") quote = c === quote ? "" : quote
    else if (c === "'" || c === '"') quote = c
    else if (c === "\n" && text.charAt(i - 1) !== "\\") return i
  }
  return text.length
}

const requestOf = (text: string, base: string): CurlCommand => {
  const [, ...words] = wordsOf(text)
  const headers: Record<string, string> = {}
  let url: string | undefined
  let body: string | undefined
  let method: string | undefined
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ""
    if (word === "-H") {
      const [name = "", ...value] = (words[++i] ?? "").split(":")
      headers[name.toLowerCase()] = value.join(":").trim()
    } else if (word === "-d" || word === "--data-binary") body = words[++i]
    else if (word === "-X") method = words[++i]
    else if (/^-[siN]+$/.test(word)) continue
    else if (word.startsWith(address)) url = base + word.slice(address.length)
    else throw new Error(`an example has ${word}, which this test does not know: ${text}`)
  }
  if (url === undefined) throw new Error(`an example has no URL of ours: ${text}`)
  return {
    text,
    url,
    init: { headers, method: method ?? (body === undefined ? "GET" : "POST"), ...(body === undefined ? {} : { body }) }
  }
}

/** Every curl command in the fenced blocks of a Markdown page, in order, for a city at `base`. */
export const curlCommands = (markdown: string, base: string): ReadonlyArray<CurlCommand> => {
  const commands: Array<CurlCommand> = []
  for (const [, block = ""] of markdown.matchAll(/^```sh\n([\s\S]*?)^```/gm)) {
    for (const { index } of block.matchAll(/^\s*curl /gm)) {
      const at = block.indexOf("curl", index)
      commands.push(requestOf(block.slice(at, endOf(block, at)), base))
    }
  }
  return commands
}
