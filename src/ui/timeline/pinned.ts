import { create } from 'zustand'

/** Tracks that stay on top, by their network namespace; they are looked at across requests. */
export const usePinned = create<{ readonly pinned: readonly string[] }>()(() => ({ pinned: [] }))

export function togglePin(netns: string): void {
  usePinned.setState(({ pinned }) => ({ pinned: pinned.includes(netns) ? pinned.filter((one) => one !== netns) : [...pinned, netns] }))
}

/** Pinned ones first, each part in its own order. */
export const inOrder = <T extends { readonly netns: string }>(tracks: readonly T[], pinned: readonly string[]): readonly T[] =>
  tracks.toSorted((a, b) => Number(pinned.includes(b.netns)) - Number(pinned.includes(a.netns)))
