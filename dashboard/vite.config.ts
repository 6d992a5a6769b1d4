/**
 * How the page is built: into `dist`, every file but the page itself under a name that holds its hash, nothing inlined that the
 * policy of the page would forbid. `npm run dev --workspace dashboard` serves it beside a city on port 8080 while it is worked on.
 */
import { defineConfig } from "vite"

const city = "http://127.0.0.1:8080"

export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: "automatic" } },
  build: {
    target: "es2023",
    // The page's policy lets images and scripts come from the city only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The map library is one piece, loaded after the list is there.
    chunkSizeWarningLimit: 1_200,
    reportCompressedSize: false
  },
  worker: { format: "es" },
  server: { proxy: { "/v1": city, "/health": city, "/docs": city, "/openapi.json": city, "/asyncapi.json": city } }
})
