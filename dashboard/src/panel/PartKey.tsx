/** Which colour is which part. */
import { partNames, partTitle } from "../city/QualityParts.ts"

export const PartKey = () => (
  <p className="key" aria-hidden="true">
    <span>Points lost to</span>
    {partNames.map((name) => (
      <span key={name}>
        <i className={`swatch part-${name}`} />
        {partTitle(name)}
      </span>
    ))}
  </p>
)
