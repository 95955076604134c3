import { has, t, tell } from './t.ts'

/** Samples are data with ids; an id without texts of its own (a sample just added) shows as itself. */
export const sampleTitle = (id: string | undefined): string => (id === undefined ? t('project.own') : sampleText(id, 'title'))

export function sampleText(id: string, part: 'title' | 'try' | 'notice'): string {
  const key = `sample.${id}.${part}`
  return has(key) ? tell(key, {}) : part === 'title' ? id : ''
}
