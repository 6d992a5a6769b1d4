/**
 * Reads `nats://user:password@host:4222,host-2:4222`: several servers, the credentials in any of them (all that are given must be the
 * same), a user without a password being a token. Promise: nothing this file says or fails with holds a password or a token.
 */
import { NatsRefused } from "./NatsRefused.ts"

export interface NatsAddress {
  /** `host:port` each. */
  readonly servers: ReadonlyArray<string>
  readonly credentials: { readonly user: string; readonly pass: string } | { readonly token: string } | undefined
  /** `tls://`: a server without is refused. Otherwise it is used where the server offers it. */
  readonly isTlsRequired: boolean
  /** For sentences: the servers without credentials. */
  readonly words: string
}

const portDefault = 4222

/** Throws `NatsRefused`. */
export const parseAddress = (url: string): NatsAddress => {
  const parts = url.split(",").map((part) => part.trim()).filter((part) => part !== "")
  if (parts.length === 0) throw refused("the address of the NATS server is empty")
  const parsed = parts.map(parsePart)
  const servers = parsed.map(({ host }) => host)
  const given = parsed.flatMap(({ password, user }) => user === "" ? [] : [{ user, password }])
  const [first] = given
  if (given.some(({ password, user }) => user !== first?.user || password !== first.password)) {
    throw refused(
      `the addresses of ${servers.join(", ")} carry different credentials: give the same ones, or give them once`
    )
  }
  return {
    servers,
    credentials: first === undefined
      ? undefined
      : first.password === undefined
      ? { token: first.user }
      : { user: first.user, pass: first.password },
    isTlsRequired: parsed.some(({ isTls }) => isTls),
    words: servers.join(", ")
  }
}

const parsePart = (part: string, nth: number) => {
  const [, scheme = "nats", rest = ""] = /^(?:([a-z]+):\/\/)?(.*)$/is.exec(part) ?? []
  if (scheme !== "nats" && scheme !== "tls") {
    throw refused(`the address of NATS server ${nth + 1} begins with ${scheme}://, known are nats:// and tls://`)
  }
  // As http, so that user, password, brackets of IPv6 and percent signs are taken apart by the usual rules.
  const url = URL.canParse(`http://${rest}`) ? new URL(`http://${rest}`) : undefined
  if (url === undefined || url.hostname === "" || !/^\/?$/.test(url.pathname) || url.search !== "" || url.hash !== "") {
    throw refused(
      `the address of NATS server ${
        nth + 1
      } is none: nats://user:password@host:${portDefault} is meant, with %-escapes `
        + "where user or password hold one of :/?#[]@,%"
    )
  }
  const port = /:(\d+)\/?$/.exec(rest)?.[1] ?? portDefault
  return {
    isTls: scheme === "tls",
    host: `${url.hostname}:${port}`,
    user: unescaped(url.username, nth),
    password: url.password === "" && !/^[^@]*:@/.test(rest) ? undefined : unescaped(url.password, nth)
  }
}

const unescaped = (text: string, nth: number): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refused(`the credentials in the address of NATS server ${nth + 1} hold a % that escapes nothing: write %25`)
  }
}

const refused = (detail: string): NatsRefused => new NatsRefused({ reason: "address", detail })
