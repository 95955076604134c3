import { lazy, Suspense } from 'react'
import { useProgram } from './use-program.ts'

const ProgramView = lazy(async () => ({ default: (await import('./program-view.tsx')).ProgramView }))

/** What a pod or host has of a program that routes requests; nothing where another kind of program runs. */
export function ProgramSection({ target }: { readonly target: string }) {
  const report = useProgram(target)
  if (!report) return null
  return (
    <Suspense>
      <ProgramView key={target} report={report} />
    </Suspense>
  )
}
