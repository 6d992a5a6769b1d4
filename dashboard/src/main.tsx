/** Starts the page. */
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { feedCity } from "./city/CityFeed.ts"
import { cityStore } from "./city/CityStore.ts"
import "./frame/Page.css"
import { Page } from "./frame/Page.tsx"

const root = document.getElementById("page")
if (root !== null) {
  feedCity(cityStore, new AbortController().signal)
  createRoot(root).render(
    <StrictMode>
      <Page />
    </StrictMode>
  )
}
