/** Why Redis is not used now, as a sentence for operators that says what to do. Never holds a password. */
import { Schema } from "effect"

export class RedisUnavailable extends Schema.TaggedError<RedisUnavailable>()("RedisUnavailable", {
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}

/** Error words of Redis (the first of its sentence), what they mean here and what to do. */
const meanings: ReadonlyArray<readonly [word: RegExp, meaning: string]> = [
  [/WRONGPASS|NOAUTH|unauthenticated|invalid password/, "refuses the user or the password of its URL"],
  [
    /NOPERM|user executing the script can.t/,
    "does not let its user do what is needed; allow its keys and +@read +@write +@scripting +ping"
  ],
  [/OOM/, "is out of memory (maxmemory); give it more, or a policy that evicts"],
  [/READONLY/, "is a replica that takes no writes; name the primary"],
  [/^LOADING/, "is still loading its data"],
  [/MISCONF/, "takes no writes because it cannot save to its disk; make room, or turn its snapshots off"],
  [/^BUSY /, "is busy with a script"],
  [/invalid DB index|DB index is out of range/, "does not have the database number of its URL"],
  [/ECONNREFUSED|ENOENT/, "is not there: nothing listens"],
  [/ENOTFOUND|EAI_AGAIN/, "is not there: its name is unknown"],
  [/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/, "cannot be reached"],
  [/ECONNRESET|EPIPE|Connection is closed|connection close|Stream isn't writeable/, "closed the connection"],
  [/Protocol error|Unknown RESP type/, "is no Redis: it speaks something else"]
]

const textOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const code = "code" in error ? String(error.code) : ""
  return error.message.includes(code) ? error.message : `${code} ${error.message}`
}

/** Reply errors that say something about one key, not about the server. */
export const isOfKey = (error: unknown): boolean => error instanceof Error && error.message.includes("WRONGTYPE")

export const unavailable = (place: string, error: unknown): RedisUnavailable => {
  const text = textOf(error)
  const meaning = meanings.find(([word]) => word.test(text))?.[1] ?? `does not work: ${text.slice(0, 200)}`
  return new RedisUnavailable({ detail: `Redis at ${place} ${meaning}` })
}
