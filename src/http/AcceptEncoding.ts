/** What a caller takes of encodings (RFC 9110 §12.5.3). Pure. */

const gzip = /(?:^|,)\s*gzip\s*(?:;\s*q=([\d.]+))?\s*(?:,|$)/i

/** Whether gzip is named, and not refused with `q=0`. */
export const takesGzip = (acceptEncoding: string | undefined): boolean => {
  const match = gzip.exec(acceptEncoding ?? "")
  return match !== null && Number(match[1] ?? 1) > 0
}
