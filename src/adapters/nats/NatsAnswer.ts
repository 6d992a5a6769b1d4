/**
 * What the server answers to a message that a stream should keep. Promise: only the stream that was meant can acknowledge it; all else is a
 * sentence with the server's own words.
 */
import type { Msg } from "@nats-io/transport-node"

export interface Acknowledgement {
  readonly sequence: number
  /** The stream had one with this id already, with this sequence. */
  readonly isDuplicate: boolean
}

export interface Refused {
  readonly detail: string
  /** There is no room, and will be when something was removed. */
  readonly isFull: boolean
}

/** Of a message that was meant for this stream by this subject. */
export const readAnswer = (
  message: Msg,
  { stream, subject }: { readonly stream: string; readonly subject: string }
): Acknowledgement | Refused => {
  if (message.data.length === 0) {
    return { detail: `no stream takes ${subject} (${stream} is gone, or has no leader now)`, isFull: false }
  }
  let answer: {
    readonly stream?: string
    readonly seq?: number
    readonly duplicate?: boolean
    readonly error?: { readonly description?: string }
  }
  try {
    answer = JSON.parse(message.string())
  } catch {
    return {
      detail: `${subject} was answered by something that is no stream: ${message.string().slice(0, 100)}`,
      isFull: false
    }
  }
  if (answer.error !== undefined) {
    const words = answer.error.description ?? "refused without a word"
    return { detail: `stream ${stream}: ${words}`, isFull: /^maximum (bytes|messages)/.test(words) }
  }
  if (answer.stream !== stream || typeof answer.seq !== "number" || answer.seq < 1) {
    return {
      detail: `${subject} was taken by stream ${answer.stream} and not by ${stream}: it must be of one stream`,
      isFull: false
    }
  }
  return { sequence: answer.seq, isDuplicate: answer.duplicate === true }
}
