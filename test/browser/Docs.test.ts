/** The documentation in a real browser, with no network but the city: it is drawn, and an operation can be tried. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import type { Browser } from "playwright-core"
import { type CityProcess, dataFolder, startCity } from "../scenarios/CityProcess.ts"
import { chromiumPath, launch, skipped, type WatchedPage, watchedPage } from "./Browser.ts"

describe.skipIf(chromiumPath === undefined)(`the documentation${skipped}`, () => {
  let folder: Awaited<ReturnType<typeof dataFolder>>
  let city: CityProcess
  let browser: Browser
  let watched: WatchedPage

  beforeAll(async () => {
    folder = await dataFolder()
    city = await startCity({ data: folder.data })
    browser = await launch()
    watched = await watchedPage(browser)
    await watched.page.goto(`${city.url}/docs`)
  })

  afterAll(async () => {
    await browser?.close()
    await city?.stop()
    await folder?.[Symbol.asyncDispose]()
  })

  it("begins with the first five minutes and lists every path", async () => {
    const { page } = watched
    await page.getByRole("heading", { name: "First five minutes" }).waitFor()

    const paths = await page.locator(".opblock-summary-path").allInnerTexts()
    const shown = paths.map((path) => path.replaceAll("\u200B", ""))
    for (const path of ["/v1/observations", "/v1/districts/{id}/quality", "/v1/events", "/health/diagnostics"]) {
      assert.include(shown, path)
    }
  })

  it("lets an operation be tried, with what each parameter means and an example of what must be given", async () => {
    const { page } = watched
    page.setDefaultTimeout(5_000)
    const operation = page.locator(".opblock", {
      has: page.locator('[data-path="/v1/districts/{id}/windows"]')
    })
    await operation.locator(".opblock-summary").click()
    await operation.getByText("Id of the district, percent-encoded").waitFor()
    await operation.getByRole("button", { name: "Try it out" }).click()
    const id = operation.getByPlaceholder("id")
    assert.strictEqual(await id.inputValue(), "kallio")

    await operation.getByRole("button", { name: "Execute" }).click()

    // There is no such district in a city without data: the answer is a problem, and is shown.
    await operation.locator(".live-responses-table .response-col_status", { hasText: "404" }).first().waitFor()
  })

  it("asks nobody else for anything", () => {
    assert.deepStrictEqual([...watched.hosts], [new URL(city.url).host])
    // What the browser says of the 404 above is no complaint of the policy.
    assert.deepStrictEqual(watched.complaints.filter((text) => !text.includes("404")), [])
  })
})
