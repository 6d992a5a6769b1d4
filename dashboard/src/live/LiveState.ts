/**
 * Whether what the page shows can be taken for the present. Pure: facts and an instant in, a state out.
 *
 *     heard ──────── 30 s of silence ────────► stale since the last thing heard
 *     newest end ─── 10 min old ────────────► catching up while it moves (a first start, a long pause),
 *                                             else stale since that end, though the line is well
 */
export interface LiveFacts {
  readonly connection: "connecting" | "open" | "broken"
  /** Epoch ms of the last event, heartbeat or answer; undefined before the first. */
  readonly heardAt: number | undefined
  /** Epoch ms: the newest `end` of a district's state; undefined until one has been computed. */
  readonly newestEnd: number | undefined
  /** Epoch ms: when that last became newer, after it was first seen. */
  readonly movedAt: number | undefined
}

/** The facts after a look at the districts. */
export const withNewestEnd = (facts: LiveFacts, newestEnd: number | undefined, now: number): LiveFacts => {
  const hasMoved = newestEnd !== undefined && facts.newestEnd !== undefined && newestEnd > facts.newestEnd
  return { ...facts, newestEnd, movedAt: hasMoved ? now : facts.movedAt }
}

export type LiveState =
  | { readonly is: "connecting" }
  | { readonly is: "live" }
  | { readonly is: "reconnecting" }
  | { readonly is: "catching-up"; readonly at: number }
  | { readonly is: "stale"; readonly since: number; readonly why: "silence" | "old-data" }

export const silenceMillisMax = 30_000
export const ageMillisMax = 600_000

export const liveState = ({ connection, heardAt, movedAt, newestEnd }: LiveFacts, now: number): LiveState => {
  if (heardAt === undefined) return { is: "connecting" }
  if (now - heardAt > silenceMillisMax) return { is: "stale", since: heardAt, why: "silence" }
  if (connection !== "open") return { is: "reconnecting" }
  if (newestEnd !== undefined && now - newestEnd > ageMillisMax) {
    return movedAt !== undefined && now - movedAt <= silenceMillisMax
      ? { is: "catching-up", at: newestEnd }
      : { is: "stale", since: newestEnd, why: "old-data" }
  }
  return { is: "live" }
}
