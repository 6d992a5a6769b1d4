/** What is looked at now, by the URL. */
import { useMemo, useSyncExternalStore } from "react"
import { type Route, routeOf } from "../Route.ts"

const subscribe = (changed: () => void): () => void => {
  window.addEventListener("hashchange", changed)
  return () => window.removeEventListener("hashchange", changed)
}

export const useRoute = (): Route => {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash)
  return useMemo(() => routeOf(hash), [hash])
}
