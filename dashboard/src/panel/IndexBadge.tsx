/** The index as a number on the colour of its class. */
import type { Quality } from "../api/Shapes.ts"
import { cssColour, inkOf, qualityClass } from "../city/QualityScale.ts"

export const IndexBadge = (
  { isLarge = false, quality }: { readonly quality: Quality | null; readonly isLarge?: boolean }
) => {
  const size = isLarge ? " badge-large" : ""
  if (quality === null) return <span className={`badge badge-unknown${size}`} aria-label="not known yet">–</span>
  const its = qualityClass(quality.index)
  return (
    <span className={`badge${size}`} style={{ background: cssColour(its), color: cssColour(inkOf(its)) }}>
      {quality.index.toFixed(0)}
    </span>
  )
}
