/** The index and what is missing to 100, by part, in one bar: the same order and colours in every district. */
import type { Quality } from "../api/Shapes.ts"
import { lostPoints, partTitle } from "../city/QualityParts.ts"
import { cssColour, qualityClass } from "../city/QualityScale.ts"

/** The whole bar in words. */
const said = (quality: Quality): string =>
  `Index ${quality.index.toFixed(0)} of 100; lost: ${
    lostPoints(quality).map(({ name, points }) => `${partTitle(name)} ${points.toFixed(1)}`).join(", ") || "nothing"
  }`

export const QualityBar = ({ quality }: { readonly quality: Quality }) => (
  <span className="bar" role="img" aria-label={said(quality)}>
    <i style={{ flexGrow: quality.index, background: cssColour(qualityClass(quality.index)) }} />
    {lostPoints(quality).map(({ name, points }) =>
      points < 0.05
        ? null
        : (
          <i
            key={name}
            className={`part part-${name}`}
            style={{ flexGrow: points }}
            title={`${partTitle(name)} −${points.toFixed(1)}`}
          />
        )
    )}
    <i
      style={{
        flexGrow: 100 - quality.index - lostPoints(quality).reduce((sum, { points }) =>
          sum + points, 0)
      }}
    />
  </span>
)
