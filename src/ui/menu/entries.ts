import {
  Ban,
  CircleDot,
  Crosshair,
  FilePlus2,
  FileText,
  type LucideIcon,
  Maximize,
  Minus,
  MoveRight,
  Network,
  PanelRight,
  PencilLine,
  PinOff,
  Plus,
  Redo2,
  Send,
  Trash2,
  Undo2,
} from 'lucide-react'
import type { ProxyMode } from '../../core/cluster/config.ts'
import type { Possible } from '../../worker/protocol.ts'
import { appliedFiles } from '../editor/applied-files.ts'
import { conditionText } from '../breakpoints/condition.ts'
import { conditionOfPart, isSet, toggle } from '../breakpoints/set.ts'
import { edit, travel } from '../history/change.ts'
import { unpin } from '../history/pinning.ts'
import { t } from '../messages/t.ts'
import { select } from '../pick.ts'
import { placeEnd, type Studio } from '../studio.ts'
import { openEditor } from './surface.ts'

export interface Entry {
  readonly text: string
  readonly icon: LucideIcon
  readonly run: () => unknown
  readonly keys?: string
  readonly note?: string
  readonly tone?: 'danger'
}

/** Entries in groups; lines stand between them. */
export type Groups = readonly (readonly Entry[])[]

export const CREATABLE = ['Pod', 'Deployment', 'Service', 'Node'] as const

export function objectEntries(studio: Studio, object: Possible): Groups {
  const { id, name } = object
  const ends: Entry[] = []
  if (object.sends) ends.push({ text: t('menu.sender'), icon: Send, keys: 's', run: () => placeEnd(studio, 'from', id) })
  if (object.address !== undefined) ends.push({ text: t('menu.target'), icon: Crosshair, keys: 't', run: () => placeEnd(studio, 'to', id) })
  const look: Entry[] = [{ text: t('menu.show'), icon: PanelRight, run: () => select(studio, id) }]
  if (object.editable) look.push({ text: t('menu.edit'), icon: PencilLine, keys: 'e', run: () => openEditor({ from: 'object', id }) })
  const remove: Entry[] = object.editable
    ? [{ text: t('menu.delete'), icon: Trash2, keys: 'Del', tone: 'danger', run: () => edit(studio, { op: 'delete', object: id }) }]
    : []
  return [ends, look, changes(studio, object), modes(studio, object), moves(studio, object), unpins(studio, id), remove].filter(
    (group) => group.length > 0 && name !== '',
  )
}

function changes(studio: Studio, { id, replicas, cordoned }: Possible): readonly Entry[] {
  const scaled = (by: number) => () => edit(studio, { op: 'scale', object: id, replicas: (replicas ?? 0) + by })
  const entries: Entry[] = []
  if (replicas !== undefined) entries.push({ text: t('menu.scaleUp'), icon: Plus, run: scaled(1) })
  if (replicas !== undefined && replicas > 0) entries.push({ text: t('menu.scaleDown'), icon: Minus, run: scaled(-1) })
  if (cordoned !== undefined)
    entries.push({
      text: t(cordoned ? 'menu.uncordon' : 'menu.cordon'),
      icon: Ban,
      run: () => edit(studio, { op: 'cordon', object: id, on: !cordoned }),
    })
  return entries
}

/** Other ways that a node's kube-proxy can run in. */
export function modes(studio: Studio, { name, proxy }: Pick<Possible, 'name' | 'proxy'>): readonly Entry[] {
  if (!proxy) return []
  const to = (value: ProxyMode | 'cluster') => () => edit(studio, { op: 'configure', setting: { name: 'nodeMode', node: name, value } })
  const common = { icon: Network, note: t('menu.nodeMode.note') }
  const entries: Entry[] = (studio.store.getState().settings?.modes ?? []).flatMap(({ mode }) =>
    mode === proxy.mode
      ? []
      : [
          {
            ...common,
            text: t('menu.nodeMode', { mode: t(`mode.${mode}`) }),
            run: to(mode),
          },
        ],
  )
  if (proxy.own) entries.push({ ...common, text: t('menu.nodeModeBack'), run: to('cluster') })
  return entries
}

/** For what a person moved on the map. */
const unpins = (studio: Studio, id: string): readonly Entry[] =>
  id in studio.store.getState().pins ? [{ text: t('menu.unpin'), icon: PinOff, run: () => unpin(studio, id) }] : []

const moves = (studio: Studio, { id, nodes = [] }: Possible): readonly Entry[] =>
  nodes.map((node) => ({
    text: t('menu.move', { node }),
    note: t('menu.move.note'),
    icon: MoveRight,
    run: () => edit(studio, { op: 'move', object: id, node }),
  }))

/** Play stops at what was pointed at: a device, a hook, a node. */
export function breakEntries(studio: Studio, part: string): readonly Entry[] {
  const condition = conditionOfPart(part)
  if (!condition) return []
  const text = conditionText(condition)
  const set = isSet(studio.store.getState().breakpoints, text)
  return [{ text: t(set ? 'menu.break.unset' : 'menu.break.set', { condition: text }), icon: CircleDot, run: () => toggle(studio, text) }]
}

/** A pod over a node. What a DaemonSet owns, or what is there already, is not moved. */
export function dropEntries(studio: Studio, { id, name, on, nodes }: Possible, onto: string): Groups {
  const node = onto.slice(onto.indexOf('/') + 1)
  const send: Entry = {
    text: t('menu.drop.send', { name, node }),
    icon: Send,
    run: async () => {
      await placeEnd(studio, 'from', id)
      await placeEnd(studio, 'to', onto)
    },
  }
  const move: Entry = {
    text: t('menu.drop.move', { name, node }),
    note: t('menu.move.note'),
    icon: MoveRight,
    run: () => edit(studio, { op: 'move', object: id, node }),
  }
  return nodes === undefined || on === node ? [[send]] : [[move], [send]]
}

/** Where there is no object: what concerns all of them. */
export function clusterEntries(studio: Studio): Groups {
  const { change } = studio.store.getState()
  const fit = () =>
    change((state) => {
      state.zoom = { what: 'fit', number: (state.zoom?.number ?? 0) + 1 }
    })
  return [
    createEntries(),
    fileEntries(studio),
    [
      { text: t('edit.undo.short'), icon: Undo2, keys: 'Ctrl Z', run: () => travel(studio, 'undo') },
      { text: t('edit.redo.short'), icon: Redo2, keys: 'Ctrl ⇧ Z', run: () => travel(studio, 'redo') },
    ],
    [{ text: t('menu.fit'), icon: Maximize, keys: 'f', run: fit }],
  ].filter((group) => group.length > 0)
}

/** More files than these are found by other means than a menu. */
const FILES = 8

const fileEntries = ({ store }: Studio): readonly Entry[] =>
  appliedFiles(store.getState().intents)
    .slice(-FILES)
    .map(({ name }) => ({ text: t('menu.file', { name }), icon: FileText, run: () => openEditor({ from: 'file', name }) }))

const createEntries = (): readonly Entry[] =>
  CREATABLE.map((kind) => ({ text: t('menu.create', { kind }), icon: FilePlus2, run: () => openEditor({ from: 'draft', kind }) }))
