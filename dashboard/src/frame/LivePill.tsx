/** Whether the page is live, in a word and a sign; read aloud when it changes. */
import { useCity } from "../city/CityStore.ts"
import { type LiveState, liveState } from "../live/LiveState.ts"
import { cityClock } from "./CityFacts.ts"
import { useNow } from "./Now.ts"

const words = (state: LiveState, now: number): string => {
  switch (state.is) {
    case "connecting":
      return "Connecting"
    case "live":
      return "Live"
    case "reconnecting":
      return "Reconnecting"
    case "catching-up":
      return `Catching up, at ${cityClock.near(state.at, now)}`
    case "stale": {
      const isToday = cityClock.day(state.since) === cityClock.day(now)
      return `Stale since ${isToday ? cityClock.seconds(state.since) : cityClock.near(state.since, now)}`
    }
  }
}

export const useLiveState = (): { readonly state: LiveState; readonly now: number } => {
  const live = useCity((city) => city.live)
  const now = useNow()
  return { state: liveState(live, now), now }
}

export const LivePill = () => {
  const { now, state } = useLiveState()
  return (
    <span className={`pill pill-${state.is}`} role="status" data-live={state.is}>
      <i aria-hidden="true" />
      {words(state, now)}
    </span>
  )
}
