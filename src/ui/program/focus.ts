import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'

/** What is pointed at in a program's configuration: a row of a table, or a line of a file. */
export type Pointed =
  | { readonly kind: 'row'; readonly table: string; readonly row: string }
  | { readonly kind: 'line'; readonly file: string; readonly line: number }

interface Focus {
  /** The pod or host that the program runs in. */
  readonly target: string
  readonly pointed: Pointed
  /** Told apart from the same pointed at once more. */
  readonly turn: number
}

const focus = createStore<{ readonly focus: Focus | undefined }>()(() => ({ focus: undefined }))

export function pointAt(target: string, pointed: Pointed): void {
  focus.setState((before) => ({ focus: { target, pointed, turn: (before.focus?.turn ?? 0) + 1 } }))
}

/** What is pointed at in this program; undefined where nothing is. */
export const useFocus = (target: string): Focus | undefined =>
  useStore(focus, (state) => (state.focus?.target === target ? state.focus : undefined))
