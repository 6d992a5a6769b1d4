/** All districts with their index, how sure it is, what it is made of and why: the map in words. */
import { useState } from "react"
import type { District } from "../api/Shapes.ts"
import { useCity } from "../city/CityStore.ts"
import { inOrder, newestEnd, type Order } from "../city/DistrictStates.ts"
import { qualityClass } from "../city/QualityScale.ts"
import { count, percent } from "../city/Words.ts"
import { cityClock } from "../frame/CityFacts.ts"
import { useNow } from "../frame/Now.ts"
import { districtLink } from "../Route.ts"
import { IndexBadge } from "./IndexBadge.tsx"
import { LoadingWords } from "./LoadingWords.tsx"
import { PartKey } from "./PartKey.tsx"
import { QualityBar } from "./QualityBar.tsx"

const orders: ReadonlyArray<readonly [Order, string]> = [
  ["lowest", "Lowest first"],
  ["highest", "Highest first"],
  ["name", "By name"]
]

const Entry = ({ district }: { readonly district: District }) => {
  const { id, incidents, name, quality } = district
  return (
    <li>
      <a className="entry" href={districtLink(id)} data-district={id}>
        <IndexBadge quality={quality} />
        <span className="entry-text">
          <span className="entry-head">
            <b>{name}</b>
            {incidents > 0 ? <span className="tag">{count(incidents, "incident", "incidents")}</span> : null}
            <small>
              {quality === null
                ? "not known yet"
                : `${qualityClass(quality.index).name} · ${percent(quality.confidence)} sure`}
            </small>
          </span>
          {quality === null ? null : <QualityBar quality={quality} />}
          <span className="entry-why">{quality?.sentence ?? "Nothing that counts has been observed here lately."}</span>
        </span>
      </a>
    </li>
  )
}

/** When the shown states end. */
const AsOf = ({ end }: { readonly end: number | undefined }) => {
  const now = useNow()
  return end === undefined ? null : <>, as of {cityClock.near(end, now)}</>
}

export const DistrictList = () => {
  const districts = useCity((city) => city.districts)
  const loading = useCity((city) => city.districtsLoading)
  const [order, setOrder] = useState<Order>("lowest")
  if (loading.is !== "ready" && districts.size === 0) return <LoadingWords loading={loading} what="districts" />
  if (districts.size === 0) {
    return (
      <p className="words">
        There are no districts yet. They appear with the first observations that have a place.
      </p>
    )
  }
  return (
    <>
      <div className="panel-head">
        <div>
          <h2>Quality of life</h2>
          <p className="muted">
            by district, 0 to 100<AsOf end={newestEnd(districts)} />
          </p>
        </div>
        <label className="order">
          <span className="hidden">Order</span>
          <select
            value={order}
            onChange={({ target }) => setOrder(orders.find(([each]) => each === target.value)?.[0] ?? "lowest")}
          >
            {orders.map(([each, title]) => <option key={each} value={each}>{title}</option>)}
          </select>
        </label>
      </div>
      <PartKey />
      <ol className="entries">
        {inOrder(districts, order).map((district) => <Entry key={district.id} district={district} />)}
      </ol>
    </>
  )
}
