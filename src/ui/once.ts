import { useState } from 'react'

/** True from the first time that it was: what was loaded for a dialog stays, so that the browser can close it and give the focus back. */
export function useOnce(now: boolean): boolean {
  const [was, setWas] = useState(now)
  if (now && !was) setWas(true)
  return now || was
}
