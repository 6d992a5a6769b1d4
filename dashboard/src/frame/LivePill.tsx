/** Whether the page is live, in a word and a sign; read aloud when it changes, but not with each minute that is caught up. */
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
      return "Catching up"
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
    <span className={`pill pill-${state.is}`} data-live={state.is}>
      <i aria-hidden="true" />
      <span>
        <span role="status">{words(state, now)}</span>
        {state.is === "catching-up" ? `, at ${cityClock.near(state.at, now)}` : null}
      </span>
    </span>
  )
}
