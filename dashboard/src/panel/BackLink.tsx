/** The way up, and where the focus goes when a view opens: its title. */
import { useEffect, useRef } from "react"

export const BackLink = ({ href, title }: { readonly href: string; readonly title: string }) => (
  <a className="back" href={href}>
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path d="M10 3 5 8l5 5" fill="none" stroke="currentColor" strokeWidth="2" />
    </svg>
    {title}
  </a>
)

export const ViewTitle = ({ title }: { readonly title: string }) => {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    heading.current?.focus({ preventScroll: true })
    heading.current?.closest(".panel")?.scrollTo({ top: 0 })
    document.title = `${title} · Vicinity`
    return () => {
      document.title = "Vicinity"
    }
  }, [title])
  return <h2 ref={heading} tabIndex={-1} className="view-title">{title}</h2>
}
