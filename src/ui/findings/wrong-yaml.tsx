import { Fragment } from 'react'
import type { Severity } from '../../core/findings/finding.ts'
import type { FoundWrong } from '../../worker/protocol/findings.ts'
import { t } from '../messages/t.ts'
import { wrongText } from './finding-text.ts'
import { linesOfField } from './yaml-lines.ts'
import './findings.css'

interface Lit {
  readonly severity: Severity
  readonly what: string
}

/** An object's YAML, with the fields lit that something is wrong with. */
export function WrongYaml({ yaml, found }: { readonly yaml: string; readonly found: readonly FoundWrong[] }) {
  const lit = litLines(yaml, found)
  return (
    <pre className="yaml mono" role="region" tabIndex={0} aria-label={t('inspector.yaml')}>
      {lit.size === 0
        ? yaml
        : yaml.split('\n').map((line, index) => {
            const why = lit.get(index)
            return (
              <Fragment key={index}>
                {why ? (
                  <mark data-severity={why.severity} title={why.what}>
                    {line}
                    <span className="yaml-why">{why.what}</span>
                  </mark>
                ) : (
                  line
                )}
                {'\n'}
              </Fragment>
            )
          })}
    </pre>
  )
}

/** The first line of each field; the gravest finding has it. Notes light nothing: their fields are as they should be. */
function litLines(yaml: string, found: readonly FoundWrong[]): ReadonlyMap<number, Lit> {
  const lit = new Map<number, Lit>()
  for (const { finding } of found) {
    const lines = finding.field === undefined || finding.severity === 'info' ? undefined : linesOfField(yaml, finding.field)
    if (lines && !lit.has(lines.from)) lit.set(lines.from, { severity: finding.severity, what: wrongText(finding) })
  }
  return lit
}
