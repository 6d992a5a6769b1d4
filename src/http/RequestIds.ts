/** Names of requests, for callers and logs. Promise: unique over processes and restarts; what a caller sends is only taken when it is sane. */

/** What may stand in a log line and a header without doubt. */
const sane = /^[A-Za-z0-9._:/+=@-]{1,128}$/

/** Makes the id of each request: the caller's own, else the next one. */
export const makeRequestIds = (): (given: string | undefined) => string => {
  const prefix = crypto.randomUUID().slice(0, 13)
  let count = 0
  return (given) => given !== undefined && sane.test(given) ? given : `${prefix}-${(++count).toString(36)}`
}
