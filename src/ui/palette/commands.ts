import type { Setting } from '../../worker/protocol.ts'
import { edit } from '../history/change.ts'
import { LEVELS } from '../../core/walk/level.ts'
import { jumpOn } from '../findings/jump.ts'
import { t } from '../messages/t.ts'
import '../messages/with-edit.ts'
import '../messages/with-player.ts'
import '../messages/with-programs.ts'
import '../messages/with-settings.ts'
import '../messages/with-share.ts'
import { EXPORTS, type ExportKind, runExport } from '../share/exports.ts'
import { copyLink, linkOf } from '../share/share-dialog.tsx'
import { setPreference, type Studio } from '../studio.ts'

export interface PaletteCommand {
  readonly text: string
  readonly keys?: string
  readonly run: () => unknown
}

const THEMES = ['system', 'light', 'dark'] as const

/** Everything that a button of the page does, and what has none. */
export function commandsOf(studio: Studio): readonly PaletteCommand[] {
  const { store, actions, player } = studio
  const { change, draft, records } = store.getState()
  const dialog = (name: 'help' | 'cluster' | 'projects' | 'share' | 'requests' | 'changes') => () =>
    change((state) => void (state.dialog = name))
  const zoom = (what: 'fit' | 'in' | 'out') => () => change((state) => void (state.zoom = { what, number: (state.zoom?.number ?? 0) + 1 }))
  const quiet = (task: () => Promise<unknown>) => () => void task().catch(() => undefined)
  return [
    ...(draft.from !== '' && draft.to !== '' ? [{ text: t('palette.send'), keys: 'Enter', run: quiet(actions.send) }] : []),
    { text: t('region.composer'), keys: '/', run: () => document.getElementById('composer-to')?.focus() },
    { text: t('header.requests'), keys: 'k', run: dialog('requests') },
    { text: t('transport.play'), keys: 'Space', run: player.toggle },
    ...(records.length > 0 ? [{ text: t('transport.together'), run: player.together }] : []),
    { text: t('transport.step'), keys: '→', run: () => player.step(1) },
    { text: t('transport.back'), keys: '←', run: () => player.step(-1) },
    { text: t('transport.stepPacket'), keys: ']', run: () => player.stepPacket(1) },
    { text: t('transport.backPacket'), keys: '[', run: () => player.stepPacket(-1) },
    { text: t('break.next'), keys: 'n', run: () => player.toBreak(1) },
    { text: t('break.previous'), keys: 'N', run: () => player.toBreak(-1) },
    { text: t('findings.next'), keys: 'p', run: quiet(() => jumpOn(studio, 1)) },
    { text: t('findings.previous'), keys: 'P', run: quiet(() => jumpOn(studio, -1)) },
    { text: t('canvas.fit'), keys: 'f', run: zoom('fit') },
    { text: t('canvas.zoomIn'), keys: '+', run: zoom('in') },
    { text: t('canvas.zoomOut'), keys: '−', run: zoom('out') },
    { text: t('packets.clear'), run: quiet(actions.clearPackets) },
    { text: t('projects.title'), run: dialog('projects') },
    { text: t('projects.new'), run: quiet(actions.openEmpty) },
    { text: t('header.share'), run: dialog('share') },
    { text: t('share.link.copy'), run: () => copyLink(studio, linkOf(studio), null) },
    ...Object.entries(EXPORTS).map(([kind, key]) => ({
      text: t('palette.export', { format: t(key) }),
      run: () => runExport(studio, kind as ExportKind),
    })),
    { text: t('header.cluster'), run: dialog('cluster') },
    { text: t('program.changes.last'), run: dialog('changes') },
    ...modeCommands(studio),
    ...LEVELS.map((level, index) => ({
      text: t('palette.level', { level: t(`level.${level}`) }),
      keys: String(index + 1),
      run: () => setPreference(store, 'level', level),
    })),
    ...THEMES.map((theme) => ({
      text: t('palette.theme', { theme: t(`theme.${theme}`) }),
      run: () => setPreference(store, 'theme', theme),
    })),
    { text: t('palette.tour'), run: () => setPreference(store, 'toured', false) },
    { text: t('header.help'), keys: '?', run: dialog('help') },
  ]
}

/** Of all nodes, and of the one that is selected. */
function modeCommands(studio: Studio): readonly PaletteCommand[] {
  const { settings, selected } = studio.store.getState()
  if (!settings) return []
  const node = selected?.startsWith('node/') ? selected.slice('node/'.length) : undefined
  const set = (setting: Setting) => () => void edit(studio, { op: 'configure', setting }).catch(() => undefined)
  return settings.modes.flatMap(({ mode }) => [
    ...(mode === settings.mode && Object.keys(settings.nodeModes).length === 0
      ? []
      : [{ text: t('palette.mode', { mode: t(`mode.${mode}`) }), run: set({ name: 'mode', value: mode }) }]),
    ...(node === undefined || mode === (settings.nodeModes[node] ?? settings.mode)
      ? []
      : [{ text: t('palette.nodeMode', { node, mode: t(`mode.${mode}`) }), run: set({ name: 'nodeMode', node, value: mode }) }]),
  ])
}
