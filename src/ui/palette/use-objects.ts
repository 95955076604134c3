import { useEffect, useMemo, useState } from 'react'
import type { TreeItem } from '../../worker/protocol.ts'
import { useStudio } from '../studio.ts'

const SHOWN = 40

/** Objects of the whole cluster whose id or address holds every word typed; the last answer stays until the next is there. */
export function useObjects(text: string): readonly TreeItem[] {
  const { client } = useStudio().actions
  const [found, setFound] = useState<readonly TreeItem[]>([])
  useEffect(() => {
    let current = true
    client
      .ask({ kind: 'find', text, limit: SHOWN })
      .then((items) => current && setFound(items))
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [client, text])
  return useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean)
    if (words.length === 0) return []
    // What no longer matches would be hidden by the palette's own filter anyway, but late.
    return found.filter(({ id, detail }) => words.every((word) => `${id} ${detail}`.toLowerCase().includes(word)))
  }, [found, text])
}
