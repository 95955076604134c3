import { ChevronDown, CircleHelp, Command, Monitor, Moon, Settings2, Share2, Sun } from 'lucide-react'
import { lazy, Suspense } from 'react'
import { Composer } from './composer.tsx'
import { IconButton } from './icon-button.tsx'
import { Mark } from './mark.tsx'
import { count, t } from './messages/t.ts'
import { sampleTitle } from './messages/sample-text.ts'
import type { Dialog } from './store.ts'
import { useApp, usePreference, useStudio } from './studio.ts'

const HistoryButtons = lazy(() => import('./history/buttons.tsx').then((part) => ({ default: part.HistoryButtons })))

const THEMES = ['system', 'light', 'dark'] as const
const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon } as const

export function Bar() {
  const { store } = useStudio()
  const busy = useApp((state) => state.busy > 0)
  const [theme, setTheme] = usePreference('theme')
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system'
  const open = (dialog: Dialog) => store.getState().change((state) => void (state.dialog = dialog))
  return (
    <header className="bar">
      <h1 className="brand">
        <Mark />
        {t('app.name')}
      </h1>
      <ProjectName />
      <Composer />
      <div className="bar-tools">
        <Suspense fallback={<span className="bar-history" />}>
          <HistoryButtons />
        </Suspense>
        <IconButton label={t('header.palette')} icon={Command} onPress={() => open('palette')} />
        <IconButton label={t('header.share')} icon={Share2} onPress={() => open('share')} />
        <IconButton label={t('header.cluster')} icon={Settings2} onPress={() => open('cluster')} />
        <IconButton
          label={t('header.theme', { theme: t(`theme.${theme}`) })}
          icon={THEME_ICONS[theme]}
          className="bar-seldom"
          onPress={() => setTheme(next)}
        />
        <IconButton label={t('header.help')} icon={CircleHelp} onPress={() => open('help')} />
      </div>
      {busy && <div className="bar-busy" />}
    </header>
  )
}

function ProjectName() {
  const { store } = useStudio()
  const title = useApp((state) => state.name ?? sampleTitle(state.sample))
  const totals = useApp((state) => state.totals)
  const ready = useApp((state) => state.phase === 'ready')
  return (
    <button
      type="button"
      className="bar-project"
      data-testid="project"
      aria-label={ready ? t('header.projects', { title }) : t('app.starting')}
      disabled={!ready}
      onClick={() => store.getState().change((state) => void (state.dialog = 'projects'))}
    >
      <b>
        <span className="truncate">{ready ? title : t('app.starting')}</span>
        {ready && <ChevronDown size={12} strokeWidth={2} aria-hidden="true" />}
      </b>
      {ready && (
        <span className="truncate">
          {count('count.nodes', totals.nodes)} · {count('count.pods', totals.pods)} · {count('count.services', totals.services)}
        </span>
      )}
    </button>
  )
}
