/** A record of words and bytes: version, three zero bytes, length of the JSON head, the head, the bytes. */
const recordVersion = 1
const headAt = 8

export const encodeHeaded = (head: string, body: Uint8Array): Buffer => {
  const words = Buffer.from(head, "utf8")
  const start = Buffer.alloc(headAt)
  start[0] = recordVersion
  start.writeUInt32LE(words.length, 4)
  return Buffer.concat([start, words, body])
}

/** `what` it is, for the sentence where the version is unknown. The body is a view. */
export const splitHeaded = (
  payload: Uint8Array,
  what: string
): { readonly head: string; readonly body: Uint8Array } => {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  if (bytes.length < headAt || bytes[0] !== recordVersion) {
    throw new Error(`${what} is a record of version ${bytes[0]}: it was written by a newer Vicinity`)
  }
  const end = headAt + bytes.readUInt32LE(4)
  return { head: bytes.toString("utf8", headAt, end), body: payload.subarray(end) }
}
