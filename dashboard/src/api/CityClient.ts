/**
 * Questions to the API. Promises: what may pass (no network, 429, 503) is asked again until it is answered or the question is
 * aborted, after the seconds the server names, else with a growing pause; what will not pass is a `Refused` with a sentence.
 */
import { pauseMillis, retryAfterMillis } from "./Retry.ts"
import type { Page } from "./Shapes.ts"

/** The server will not answer this, however often it is asked. */
export class Refused extends Error {
  readonly status: number
  constructor(status: number, sentence: string) {
    super(sentence)
    this.status = status
  }
}

/** Why there is no answer yet; the question will be asked again. */
export interface Trouble {
  readonly sentence: string
  readonly againInMillis: number
}

export interface Question {
  readonly signal: AbortSignal
  readonly onTrouble?: ((trouble: Trouble) => void) | undefined
}

/** How far the clock of the server is ahead of ours, in ms; a header has whole seconds, so little is taken for nothing. */
let serverAheadMillis = 0
const noteServerTime = (header: string | null): void => {
  const ahead = header === null ? NaN : Date.parse(header) - Date.now()
  if (Number.isFinite(ahead)) serverAheadMillis = Math.abs(ahead) < 3000 ? 0 : ahead
}

/** Epoch ms by the clock of the server: a machine whose clock is wrong shall not see a stale city. */
export const serverNow = (): number => Date.now() + serverAheadMillis

export const sleep = (millis: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop)
      resolve()
    }, millis)
    if (signal.aborted) stop()
    else signal.addEventListener("abort", stop, { once: true })
  })

const sentenceOf = async (response: Response): Promise<string> => {
  const problem = await response.json().catch(() => undefined)
  return typeof problem?.detail === "string" ? problem.detail : `the city answered ${response.status}`
}

export const getJson = async <A>(path: string, { onTrouble, signal }: Question): Promise<A> => {
  for (let attempt = 0;; attempt++) {
    const response = await fetch(path, { signal, headers: { accept: "application/json" } }).catch(() => undefined)
    signal.throwIfAborted()
    let trouble: Trouble = { sentence: "The city cannot be reached.", againInMillis: pauseMillis(attempt) }
    if (response !== undefined) {
      noteServerTime(response.headers.get("date"))
      if (response.ok) return response.json()
      const sentence = await sentenceOf(response)
      if (response.status !== 503 && response.status !== 429) throw new Refused(response.status, sentence)
      const named = retryAfterMillis(response.headers.get("retry-after"))
      trouble = { sentence: `Not ready yet: ${sentence}`, againInMillis: named ?? pauseMillis(attempt) }
    }
    onTrouble?.(trouble)
    await sleep(trouble.againInMillis, signal)
  }
}

/** All items of a list, page after page, at most `pagesMax` of them; whether there are more. */
export const getPages = async <A>(
  path: string,
  pagesMax: number,
  question: Question
): Promise<{ readonly items: ReadonlyArray<A>; readonly isCut: boolean }> => {
  const items: Array<A> = []
  let cursor: string | null = null
  for (let page = 0; page < pagesMax; page++) {
    const next = cursor === null ? path : `${path}&cursor=${encodeURIComponent(cursor)}`
    const answer: Page<A> = await getJson(next, question)
    items.push(...answer.items)
    cursor = answer.nextCursor
    if (cursor === null) return { items, isCut: false }
  }
  return { items, isCut: true }
}
