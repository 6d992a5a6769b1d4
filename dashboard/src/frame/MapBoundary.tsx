/** Keeps the rest of the page when the map cannot be drawn (no WebGL, a piece that does not load). */
import { Component, type ReactNode } from "react"

interface Props {
  readonly children: ReactNode
}

export class MapBoundary extends Component<Props, { readonly hasFailed: boolean }> {
  override state = { hasFailed: false }

  static getDerivedStateFromError() {
    return { hasFailed: true }
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children
    return (
      <p className="map-words">
        The map cannot be drawn: it needs WebGL. Everything is in the list, too.
      </p>
    )
  }
}
