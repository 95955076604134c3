import { CircleHelp, Monitor, Moon, Settings2, Sun } from 'lucide-react'
import { lazy, Suspense } from 'react'
import { Composer } from './composer.tsx'
import { IconButton } from './icon-button.tsx'
import { Mark } from './mark.tsx'
import { count, t } from './messages/t.ts'
import { sampleTitle } from './messages/sample-text.ts'
import { useApp, usePreference, useStudio } from './studio.ts'

const HistoryButtons = lazy(() => import('./history/buttons.tsx').then((part) => ({ default: part.HistoryButtons })))

const THEMES = ['system', 'light', 'dark'] as const
const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon } as const

export function Bar() {
  const { store } = useStudio()
  const busy = useApp((state) => state.busy > 0)
  const [theme, setTheme] = usePreference('theme')
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system'
  const open = (dialog: 'help' | 'cluster') => store.getState().change((state) => void (state.dialog = dialog))
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
        <IconButton label={t('header.cluster')} icon={Settings2} onPress={() => open('cluster')} />
        <IconButton label={t('header.theme', { theme: t(`theme.${theme}`) })} icon={THEME_ICONS[theme]} onPress={() => setTheme(next)} />
        <IconButton label={t('header.help')} icon={CircleHelp} onPress={() => open('help')} />
      </div>
      {busy && <div className="bar-busy" />}
    </header>
  )
}

function ProjectName() {
  const sample = useApp((state) => state.sample)
  const totals = useApp((state) => state.totals)
  const ready = useApp((state) => state.phase === 'ready')
  return (
    <div className="bar-project" data-testid="project">
      <b className="truncate">{ready ? sampleTitle(sample) : t('app.starting')}</b>
      {ready && (
        <span className="truncate">
          {count('count.nodes', totals.nodes)} · {count('count.pods', totals.pods)} · {count('count.services', totals.services)}
        </span>
      )}
    </div>
  )
}
