import { useStore } from 'zustand'
import { surface, type Surface } from './surface.ts'

/** Part of what lies above the page; the component renders again only when this part changes. */
export const useSurface = <T>(select: (state: Surface) => T): T => useStore(surface, select)
