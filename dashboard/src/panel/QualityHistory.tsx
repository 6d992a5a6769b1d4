/** How the index of a district has been over the last day. */
import { useMemo, useState } from "react"
import { getPages } from "../api/CityClient.ts"
import type { QualityEvent } from "../api/Shapes.ts"
import { WindowChart } from "../chart/WindowChart.tsx"
import { useAsked } from "../city/Asked.ts"
import { seriesOf } from "../city/WindowSeries.ts"
import { cityClock } from "../frame/CityFacts.ts"
import { LoadingWords } from "./LoadingWords.tsx"

const stepMillis = 300_000
const dayMillis = 86_400_000
const everyMillis = 60_000

/** `end`: the newest known, so that a city of the past has a last day, too. */
export const QualityHistory = ({ end, id }: { readonly id: string; readonly end: string }) => {
  const [picked, setPicked] = useState<number | undefined>(undefined)
  const path = `/v1/districts/${encodeURIComponent(id)}/quality`
  const history = useAsked(
    path,
    (signal, onTrouble) => {
      const from = new Date(Date.parse(end) - dayMillis).toISOString()
      return getPages<QualityEvent>(`${path}?from=${from}&limit=1000`, 1, { signal, onTrouble })
    },
    everyMillis
  )
  const series = useMemo(() => {
    if (history.is !== "ready") return undefined
    const known = history.value.items.flatMap(({ quality, start }) =>
      quality === null ? [] : [{ start, mean: quality.index }]
    )
    const to = Math.max(...history.value.items.map((state) => Date.parse(state.end)))
    return known.length < 2 ? undefined : seriesOf(known, () => undefined, { from: to - dayMillis, to, stepMillis })
  }, [history])
  if (history.is !== "ready") return <LoadingWords loading={history} what="history" />
  if (series === undefined) return null
  const time = picked === undefined ? undefined : series.times[picked]
  const index = picked === undefined ? undefined : series.means[picked]
  return (
    <>
      <h3>The last 24 hours</h3>
      <WindowChart
        series={series}
        line={time === undefined
          ? "index every 5 min"
          : `${cityClock.minutes(time * 1000)}: ${
            index === null || index === undefined ? "not known" : index.toFixed(0)
          }`}
        label="The index over the last 24 hours"
        onPick={setPicked}
      />
    </>
  )
}
