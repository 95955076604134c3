import { lazy, Suspense } from 'react'
import { Boundary } from '../boundary.tsx'
import { CanvasView } from '../canvas-view.tsx'
import { t } from '../messages/t.ts'
import '../messages/with-views.ts'
import { useApp, useStudio } from '../studio.ts'
import { Tabs } from '../tabs.tsx'
import { usePage } from './use-page.ts'
import { useTranscript } from './use-transcript.ts'
import './views-entry.css'

const BreakWatch = lazy(async () => ({ default: (await import('../breakpoints/watch.tsx')).BreakWatch }))
const FindingsWatch = lazy(async () => ({ default: (await import('../findings/watch.tsx')).FindingsWatch }))
const ProgramWatch = lazy(async () => ({ default: (await import('../program/program-watch.tsx')).ProgramWatch }))
const MapFindings = lazy(async () => ({ default: (await import('../findings/map-findings.tsx')).MapFindings }))
const LadderView = lazy(async () => ({ default: (await import('./ladder-view.tsx')).LadderView }))
const PathsView = lazy(async () => ({ default: (await import('./paths-view.tsx')).PathsView }))
const CompareView = lazy(async () => ({ default: (await import('./compare-view.tsx')).CompareView }))
const DashboardView = lazy(async () => ({ default: (await import('../program/dashboard-view.tsx')).DashboardView }))

const Transcript = lazy(async () => ({ default: (await import('./transcript.tsx')).Transcript }))

/** The middle of the page: one trace seen in one of several ways. The map stays below the others, for its clock moves the packet in all of them. */
export function Centre() {
  const { store } = useStudio()
  const told = useTranscript()
  const page = usePage()
  const view = useApp((state) => ((state.view === 'curl' && !told) || (state.view === 'page' && !page) ? 'map' : state.view))
  const tabs = [
    { id: 'map', text: t('view.map') },
    { id: 'ladder', text: t('view.ladder') },
    { id: 'paths', text: t('view.paths') },
    { id: 'compare', text: t('view.compare') },
    ...(told ? [{ id: 'curl', text: t('view.curl') } as const] : []),
    ...(page ? [{ id: 'page', text: t('view.page') } as const] : []),
  ] as const
  return (
    <div className="centre">
      <div className="centre-map" inert={view !== 'map'}>
        <CanvasView />
        <Suspense>
          <MapFindings />
        </Suspense>
      </div>
      {view !== 'map' && (
        <section className="centre-view" aria-label={t(`view.${view}`)}>
          <Boundary>
            <Suspense>
              {view === 'ladder' && <LadderView />}
              {view === 'paths' && <PathsView />}
              {view === 'compare' && <CompareView />}
              {view === 'curl' && <Transcript />}
              {view === 'page' && <DashboardView />}
            </Suspense>
          </Boundary>
        </section>
      )}
      <Suspense>
        <BreakWatch />
        <FindingsWatch />
        <ProgramWatch />
      </Suspense>
      <div className="centre-tabs">
        <Tabs
          label={t('view.label')}
          tabs={tabs}
          value={view}
          onChange={(next) => store.getState().change((state) => void (state.view = next))}
        />
      </div>
    </div>
  )
}
