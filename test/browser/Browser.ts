/** The browser of the tests: Chromium of `CHROMIUM`, of the path, or of Debian. WebGL is drawn by the processor (SwiftShader). */
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { type Browser, chromium, type Page } from "playwright-core"

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

const findChromium = (): string | undefined => {
  const given = process.env["CHROMIUM"]
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin"]
  const candidates = folders.flatMap((folder) => names.map((name) => join(folder, name)))
  return given !== undefined && given !== "" ? given : candidates.find((path) => existsSync(path))
}

export const chromiumPath = findChromium()

/** Why the tests are skipped, for their name. */
export const skipped = chromiumPath === undefined
  ? " (skipped: there is no Chromium here; apt-get install chromium, or name one in CHROMIUM)"
  : ""

export const launch = (): Promise<Browser> =>
  chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    args: ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
  })

export interface WatchedPage {
  readonly page: Page
  /** Hosts it has asked, or tried to. */
  readonly hosts: ReadonlySet<string>
  /** What it has complained about: errors thrown, logged, or of the policy. */
  readonly complaints: ReadonlyArray<string>
}

export const watchedPage = async (browser: Browser): Promise<WatchedPage> => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" })
  const hosts = new Set<string>()
  const complaints: Array<string> = []
  page.on("request", (request) => {
    const { host, protocol } = new URL(request.url())
    if (protocol !== "data:" && protocol !== "blob:") hosts.add(host)
  })
  page.on("websocket", (socket) => hosts.add(new URL(socket.url()).host))
  page.on("pageerror", ({ message }) => complaints.push(message))
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text())
  })
  return { page, hosts, complaints }
}

/** How many colours a picture of an element has: a canvas that was not drawn has one. */
export const coloursOf = async (page: Page, selector: string): Promise<number> => {
  const picture = await page.locator(selector).first().screenshot()
  // As text, because what is in here runs in the page, whose types are not those of the tests.
  const count: unknown = await page.evaluate(`(async () => {
    const image = new Image()
    image.src = "data:image/png;base64,${picture.toString("base64")}"
    await image.decode()
    const context = new OffscreenCanvas(image.width, image.height).getContext("2d")
    context.drawImage(image, 0, 0)
    const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer)
    return new Set(pixels).size
  })()`)
  return Number(count)
}
