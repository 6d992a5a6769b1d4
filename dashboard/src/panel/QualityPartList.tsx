/** What an index is made of: each part with the points it costs, its own index, and what lies behind it. */
import type { Quality } from "../api/Shapes.ts"
import { inOrder, partTitle } from "../city/QualityParts.ts"
import { percent, points } from "../city/Words.ts"

export const QualityPartList = ({ quality }: { readonly quality: Quality }) => (
  <ul className="parts">
    {inOrder(quality.parts).map(({ confidence, contribution, detail, index, name, weight }) => (
      <li key={name}>
        <div className="parts-head">
          <b>
            <i className={`swatch part-${name}`} aria-hidden="true" />
            {partTitle(name)}
          </b>
          <span title="Points of the district's index that this part costs">{points(contribution)}</span>
        </div>
        <span className="meter" aria-hidden="true">
          <i className={`part-${name}`} style={{ width: `${Math.min(100, Math.max(0, index))}%` }} />
        </span>
        <p>{detail}</p>
        <p className="muted">
          {index.toFixed(0)} of 100 · weighs {percent(weight)} · {percent(confidence)} sure
        </p>
      </li>
    ))}
  </ul>
)
