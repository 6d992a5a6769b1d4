/** The present, by the clock of the server, for views that show time: they are drawn again every second. */
import { useEffect, useState } from "react"
import { serverNow } from "../api/CityClient.ts"

export const useNow = (): number => {
  const [now, setNow] = useState(serverNow)
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), 1000)
    return () => clearInterval(timer)
  }, [])
  return now
}
