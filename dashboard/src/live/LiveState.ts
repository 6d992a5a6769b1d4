/**
 * Whether what the page shows can be taken for the present. Pure: facts and an instant in, a state out.
 *
 *     heard ──────── 30 s of silence ────────► stale since the last thing heard
 *     newest end ─── 10 min without a newer ─► stale since that end, though the line may be well
 */
export interface LiveFacts {
  readonly connection: "connecting" | "open" | "broken"
  /** Epoch ms of the last event, heartbeat or answer; undefined before the first. */
  readonly heardAt: number | undefined
  /** Epoch ms: the newest `end` of a district's state; undefined until one has been computed. */
  readonly newestEnd: number | undefined
}

export type LiveState =
  | { readonly is: "connecting" }
  | { readonly is: "live" }
  | { readonly is: "reconnecting" }
  | { readonly is: "stale"; readonly since: number; readonly why: "silence" | "old-data" }

export const silenceMillisMax = 30_000
export const ageMillisMax = 600_000

export const liveState = ({ connection, heardAt, newestEnd }: LiveFacts, now: number): LiveState => {
  if (heardAt === undefined) return { is: "connecting" }
  if (now - heardAt > silenceMillisMax) return { is: "stale", since: heardAt, why: "silence" }
  if (connection !== "open") return { is: "reconnecting" }
  if (newestEnd !== undefined && now - newestEnd > ageMillisMax) {
    return { is: "stale", since: newestEnd, why: "old-data" }
  }
  return { is: "live" }
}
