import { createStore } from 'zustand/vanilla'
import type { ManifestFile } from '../../worker/protocol.ts'

/** What lies above the page for a while. It is loaded when first asked for, so this is all of it that the first map brings along. */
export interface Surface {
  /** A menu for an object of the tree, or for the cluster; `onto`: a node that a pod was let go over. Coordinates are those of the window. */
  readonly menu:
    | { readonly target: string | undefined; readonly part?: string; readonly onto?: string; readonly x: number; readonly y: number }
    | undefined
  /** A menu of values that packets can be filtered by. */
  readonly values?: { readonly text: string; readonly conditions: readonly string[]; readonly x: number; readonly y: number } | undefined
  readonly editing: Source | undefined
  /** Files that the cluster would not have, to be mended where they are wrong. */
  readonly refused: readonly ManifestFile[]
}

/** What the editor opens: an object as it is, an applied file as it was given, or a draft that is not in the cluster yet. */
export type Source =
  | { readonly from: 'object'; readonly id: string }
  | { readonly from: 'file'; readonly name: string; readonly line?: number }
  /** One of the files that were refused; it is applied with the others that came with it. */
  | { readonly from: 'refused'; readonly name: string; readonly line?: number }
  | { readonly from: 'draft'; readonly kind: string }
  /** A file that was dropped on a node, with what names the node; `before` is how it came. `path`: where it lies there, when it is no manifest. */
  | {
      readonly from: 'placed'
      readonly node: string
      readonly path?: string
      readonly file: ManifestFile
      readonly before: string
      readonly others: readonly ManifestFile[]
    }

/** Without React, which the first map does not wait for; components have `useSurface`. */
export const surface = createStore<Surface>()(() => ({ menu: undefined, editing: undefined, refused: [] }))

/** A part of an object, as the map names it (`pod/default/web#eth0`), has the object's menu. */
export function openMenu(target: string | undefined, x: number, y: number): void {
  surface.setState({
    menu: { target: target?.split('#')[0], ...(target === undefined ? {} : { part: target }), x, y },
    values: undefined,
  })
}

/** What a pod that was dragged onto a node may become: moved there, or a sender of a request. */
export const openDropMenu = (pod: string, onto: string, x: number, y: number): void =>
  surface.setState({ menu: { target: pod, onto, x, y }, values: undefined })

export const closeMenu = (): void => surface.setState({ menu: undefined, values: undefined })

export const openEditor = (editing: Source): void => surface.setState({ editing, menu: undefined })

export const keepRefused = (refused: readonly ManifestFile[]): void => surface.setState({ refused })

export const closeEditor = (): void => surface.setState({ editing: undefined })
