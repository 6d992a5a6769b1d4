/** What the colours mean. Open where there is room for it. */
import { cssColour, qualityClasses } from "../city/QualityScale.ts"
import { kindTitles } from "../city/SensorKinds.ts"

const isWide = () => matchMedia("(min-width: 52rem) and (min-height: 40rem)").matches

export const Legend = () => (
  <details className="legend" open={isWide()}>
    <summary>Legend</summary>
    <div className="legend-groups">
      <div>
        <p className="legend-title">Quality of life</p>
        <ul className="legend-scale">
          {qualityClasses.map((each) => (
            <li key={each.from} title={each.name}>
              <i style={{ background: cssColour(each) }} />
              <span>{each.from}</span>
            </li>
          ))}
        </ul>
      </div>
      <div>
        <p className="legend-title">Confidence</p>
        <ul className="legend-list">
          <li>
            <i className="legend-dashed" />less sure: paler, dashed
          </li>
          <li>
            <i className="legend-hatch" />not known
          </li>
        </ul>
      </div>
      <div>
        <p className="legend-title">Vehicles</p>
        <ul className="legend-list">
          <li>
            <i className="dot dot-on-time" />on time
          </li>
          <li>
            <i className="dot dot-late" />over 5 min late
          </li>
          <li>
            <i className="dot dot-early" />over 1 min early
          </li>
        </ul>
      </div>
      <div>
        <p className="legend-title">Sensors</p>
        <ul className="legend-list">
          {(["traffic", "stop", "air", "noise", "weather"] as const).map((kind) => (
            <li key={kind}>
              <i className={`dot dot-small dot-${kind}`} />
              {kindTitles[kind].split(/[ -]/)[0]}
            </li>
          ))}
        </ul>
      </div>
    </div>
  </details>
)
