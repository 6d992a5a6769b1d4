/**
 * A rejection as a message of REJECTED: the subject says the reason, the headers the rest, the body is the raw input. So what there is
 * can be known from headers alone. The last message of what is recorded together also says how many there were of each reason up to a
 * sequence: what counts know after the oldest have gone.
 */
import type { MsgHdrs } from "@nats-io/transport-node"
import { Schema } from "effect"
import { rawBytesMax, type Rejection } from "../../ports/RejectedLog.ts"
import { toToken } from "../../schemas/Identifiers.ts"
import { RejectionReason } from "../../schemas/Observation.ts"
import type { IdentifiedPublication } from "./NatsPublisher.ts"

const detailCharactersMax = 4_096

const Words = Schema.fromJsonString(Schema.Struct({
  id: Schema.String,
  receivedAt: Schema.Finite,
  source: Schema.String,
  detail: Schema.String,
  rawBytes: Schema.Finite
}))
const encodeWords = Schema.encodeSync(Words)
const decodeWords = Schema.decodeUnknownSync(Words)
const isReason = Schema.is(RejectionReason)

/** How many there were of each reason up to and with a sequence. */
export interface CountsAt {
  readonly sequence: number
  readonly byReason: Readonly<Record<string, number>>
}

const wordsHeader = "Vicinity-Rejection"
const countsHeader = "Vicinity-Counts"

/** JSON in ASCII, as a header wants it. */
const ascii = (json: string): string =>
  json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)

export const encodeRejection = (prefix: string, stream: string, rejection: Rejection): IdentifiedPublication => {
  const { detail, id, raw, rawBytes, reason, receivedAt, source } = rejection
  const words = encodeWords({ id, receivedAt, source, detail: detail.slice(0, detailCharactersMax), rawBytes })
  return {
    stream,
    subject: `${prefix}.rejected.${reason}`,
    payload: raw.subarray(0, rawBytesMax),
    id: toToken(id),
    headers: { [wordsHeader]: ascii(words) }
  }
}

export const withCounts = (publication: IdentifiedPublication, counts: CountsAt): IdentifiedPublication => ({
  ...publication,
  headers: { ...publication.headers, [countsHeader]: JSON.stringify(counts) }
})

export const countsOf = (headers: MsgHdrs | undefined): CountsAt | undefined => {
  const text = headers?.get(countsHeader) ?? ""
  return text === "" ? undefined : JSON.parse(text)
}

/** The reason that a subject says, whatever it is. */
export const reasonOf = (subject: string): string => subject.slice(subject.lastIndexOf(".") + 1)

export interface Stored {
  readonly seq: number
  readonly subject: string
  readonly header: MsgHdrs
  readonly data: Uint8Array
}

/** What somebody else has put into the stream is shown as what it is. */
export const decodeRejection = ({ data, header, seq, subject }: Stored): Rejection => {
  const reason = reasonOf(subject)
  const text = header.get(wordsHeader)
  if (isReason(reason) && text !== "") return { ...decodeWords(text), reason, raw: data }
  const detail = `message ${seq} of the stream was put there by another program`
  const about = { id: `foreign:${seq}`, receivedAt: 0, source: "nats", reason: "malformed-json", detail } as const
  return { ...about, raw: data, rawBytes: data.length }
}
