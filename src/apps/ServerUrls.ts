/**
 * URLs of servers as a setting: what is wrong with one, in words that hold nothing of it, since a password may be anywhere in a
 * URL that cannot be read.
 */

interface ServerKind {
  readonly schemes: ReadonlyArray<string>
  readonly example: string
  /** Several servers, comma-separated, of which any will do. */
  readonly isList: boolean
  /** What else is wrong with a URL of that scheme that names a host. */
  readonly problem: (url: URL) => string | undefined
}

const sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

const kinds = {
  postgres: {
    schemes: ["postgres:", "postgresql:"],
    example: "postgres://user:password@host:5432/database?sslmode=require",
    isList: false,
    problem: (url) => {
      const mode = url.searchParams.get("sslmode")
      if (mode !== null && !sslModes.includes(mode)) return `a URL whose sslmode is one of ${sslModes.join(", ")}`
      return url.pathname.length > 1 || url.searchParams.has("dbname") ? undefined : "a URL that names a database"
    }
  },
  nats: {
    schemes: ["nats:", "tls:"],
    example: "nats://user:password@host:4222",
    isList: true,
    problem: (url) => url.pathname.length > 1 ? "a URL without a path" : undefined
  },
  redis: {
    schemes: ["redis:", "rediss:"],
    example: "redis://user:password@host:6379/0",
    isList: false,
    problem: (url) => /^\/?\d*$/.test(url.pathname) ? undefined : "a URL whose path is the number of a database"
  }
} satisfies Readonly<Record<string, ServerKind>>

export type ServerName = keyof typeof kinds

/** Completes `"…" is not …`; undefined where the value is well. */
export const serverUrlProblem = (server: ServerName, value: string): string | undefined => {
  const kind: ServerKind = kinds[server]
  for (const each of kind.isList ? value.split(",") : [value]) {
    const problem = urlProblem(kind, each.trim())
    if (problem !== undefined) return problem
  }
  return undefined
}

const urlProblem = (kind: ServerKind, text: string): string | undefined => {
  const like = `a URL such as ${kind.example}`
  if (!URL.canParse(text)) return `${like} (characters such as @ : / # of a password are to be percent-encoded)`
  const url = new URL(text)
  if (!kind.schemes.includes(url.protocol)) return like
  if (url.hostname === "" && !url.searchParams.has("host")) return `${like}: it names no host`
  const parts = [url.username, url.password, url.pathname]
  if (!parts.every(isPercentEncoded)) return `${like}: a % that stands for itself is to be written %25`
  return kind.problem(url)
}

const isPercentEncoded = (part: string): boolean => {
  try {
    decodeURIComponent(part)
    return true
  } catch {
    return false
  }
}
