/** Above what may no longer be true, why, in a sentence. */
import { useLiveState } from "./LivePill.tsx"

export const StaleNotice = () => {
  const { state } = useLiveState()
  if (state.is === "catching-up") {
    return <p className="notice">The city is working through its past. What you see is of then; it ends with now.</p>
  }
  if (state.is !== "stale") return null
  return (
    <p className="notice">
      {state.why === "silence"
        ? "The city has not been heard from. What you see is the last that was known; it goes on by itself when the city answers."
        : "No district has a newer state: observations have stopped, or were of the past."}
    </p>
  )
}
