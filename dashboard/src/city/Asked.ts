/** A question of a view: asked when its paths change, given up when nobody waits any more, with how far it has come. */
import { useEffect, useRef, useState } from "react"
import type { Trouble } from "../api/CityClient.ts"
import type { Loading } from "./CityStore.ts"

export type Asked<A> = Exclude<Loading, { is: "ready" }> | { readonly is: "ready"; readonly value: A }

/** `key` names the question: another key is another one. With `everyMillis` it is asked again, and the old answer stays until then. */
export const useAsked = <A>(
  key: string,
  ask: (signal: AbortSignal, onTrouble: (trouble: Trouble) => void) => Promise<A>,
  everyMillis?: number
): Asked<A> => {
  const [asked, setAsked] = useState<{ readonly key: string; readonly state: Asked<A> }>({
    key,
    state: { is: "loading" }
  })
  // Asked again with what the view knows by then, not with what it knew at first.
  const newest = useRef(ask)
  useEffect(() => {
    newest.current = ask
  })
  useEffect(() => {
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const once = (): void => {
      const onTrouble = ({ sentence }: Trouble) =>
        setAsked((before) =>
          before.key === key && before.state.is === "ready" ? before : { key, state: { is: "waiting", sentence } }
        )
      newest.current(abort.signal, onTrouble).then(
        (value) => setAsked({ key, state: { is: "ready", value } }),
        (error: unknown) => {
          if (abort.signal.aborted) return
          setAsked({ key, state: { is: "refused", sentence: error instanceof Error ? error.message : String(error) } })
        }
      ).finally(() => {
        if (everyMillis !== undefined && !abort.signal.aborted) timer = setTimeout(once, everyMillis)
      })
    }
    once()
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [key, everyMillis])
  return asked.key === key ? asked.state : { is: "loading" }
}
