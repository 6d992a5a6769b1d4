/** The page in a real browser before a real city: what it shows, that it asks nobody else, and what it says when the city is gone. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import type { Browser } from "playwright-core"
import { type CityProcess, dataFolder, startCity } from "../scenarios/CityProcess.ts"
import { chromiumPath, coloursOf, launch, skipped, type WatchedPage, watchedPage } from "./Browser.ts"
import { buildPage, cityOptions, sendObservations } from "./CityForBrowser.ts"

describe.skipIf(chromiumPath === undefined)(`the page${skipped}`, () => {
  let folder: Awaited<ReturnType<typeof dataFolder>>
  let options: Awaited<ReturnType<typeof cityOptions>>
  let city: CityProcess
  let browser: Browser
  let watched: WatchedPage

  beforeAll(async () => {
    await buildPage()
    folder = await dataFolder()
    options = await cityOptions(folder.path, folder.data)
    city = await startCity(options)
    await sendObservations(city.url)
    browser = await launch()
    watched = await watchedPage(browser)
    await watched.page.goto(city.url)
  })

  afterAll(async () => {
    await browser?.close()
    await city?.stop()
    await folder?.[Symbol.asyncDispose]()
  })

  it("lists the districts, and is live", async () => {
    const { page } = watched

    await page.locator("[data-live=live]").waitFor()
    await page.locator("[data-district=market] .bar").waitFor({ timeout: 110_000 })

    const listed = await page.locator("[data-district]").evaluateAll((entries) =>
      entries.map((entry) => entry.getAttribute("data-district"))
    )
    assert.sameMembers(listed, ["harbour", "market", "hill"])
    assert.match(await page.locator(".counts").innerText(), /3 districts\s+9 sensors\s+3 vehicles/)
  })

  it("draws the map", async () => {
    const { page } = watched
    await page.locator(".map-label").nth(2).waitFor()

    while ((await coloursOf(page, ".maplibregl-canvas")) < 8) await page.waitForTimeout(200)

    assert.deepStrictEqual(
      (await page.locator(".map-label span").allInnerTexts()).toSorted(),
      ["Harbour", "Hill", "Market"]
    )
  })

  it("opens a district by keyboard, and its sensors", async () => {
    const { page } = watched

    await page.locator("[data-district=market]").focus()
    await page.keyboard.press("Enter")

    const title = page.locator("h2.view-title")
    await title.waitFor()
    assert.strictEqual(await title.innerText(), "Market")
    assert.strictEqual(await page.evaluate("document.activeElement?.textContent"), "Market")
    await page.locator("[data-sensor=noise-market]").waitFor()
    assert.include(page.url(), "#/districts/market")
  })

  it("shows the windows of a sensor as a chart", async () => {
    const { page } = watched

    await page.locator("[data-sensor=noise-market]").click()

    await page.locator("[data-property=noise] canvas").waitFor()
    assert.match(await page.locator("[data-property=noise] .value").innerText(), /^5\d(\.\d+)? dB$/)
    while ((await coloursOf(page, "[data-property=noise] canvas")) < 8) await page.waitForTimeout(200)
  })

  it("goes to the vehicle of a link, also where that becomes known last", async () => {
    const { page } = await watchedPage(browser)
    await page.route(/property=schedule_delay/, async (asked) => {
      await page.locator(".map-label").nth(2).waitFor()
      await asked.continue()
    })

    await page.goto(`${city.url}/#/sensors/tram-hill`)

    const map = await page.locator(".map-canvas").boundingBox()
    const [x, y] = [(map?.x ?? 0) + (map?.width ?? 0) / 2, (map?.y ?? 0) + (map?.height ?? 0) / 2]
    const tip = page.locator(".map-tip", { hasText: /^tram-hill/ })
    while (!await tip.isVisible()) {
      // What is under the pointer is said when it moves.
      await page.mouse.move(x + 1, y)
      await page.mouse.move(x, y)
      await page.waitForTimeout(100)
    }
    await page.close()
  })

  it("has asked no other host, and has complained of nothing", () => {
    assert.deepStrictEqual([...watched.hosts], [new URL(city.url).host])
    assert.deepStrictEqual(watched.complaints, [])
  })

  it("says since when it is stale while the city is gone, and recovers by itself when it is back", async () => {
    const { page } = watched
    const port = Number(new URL(city.url).port)

    await city.kill()
    await page.locator("[data-live=reconnecting]").waitFor()
    await page.locator("[data-live=stale]").waitFor({ timeout: 60_000 })
    const said = await page.locator("[data-live=stale]").innerText()
    city = await startCity({ ...options, port })
    await page.locator("[data-live=live]").waitFor({ timeout: 60_000 })
    await page.goto(`${city.url}/#/`)

    assert.match(said, /^Stale since \d\d:\d\d:\d\d$/)
    await page.locator("[data-district=market]").waitFor()
  }, 240_000)
})
