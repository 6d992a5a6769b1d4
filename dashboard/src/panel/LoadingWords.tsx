/** What stands where something is not there yet, or never will be. */
import type { Loading } from "../city/CityStore.ts"

interface Props {
  readonly loading: Exclude<Loading, { is: "ready" }>
  /** "districts": what is loaded. */
  readonly what: string
}

export const LoadingWords = ({ loading, what }: Props) => {
  switch (loading.is) {
    case "loading":
      return <p className="words" role="status">Loading {what} …</p>
    case "waiting":
      return <p className="words" role="status">{loading.sentence} Trying again …</p>
    case "refused":
      return <p className="words words-bad" role="alert">No {what}: {loading.sentence}</p>
  }
}
