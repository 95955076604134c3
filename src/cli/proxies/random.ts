/** Ingresses at random, out of few hosts and path elements so that they meet: what a person would not think of. The same seed gives the same. */
import { random } from '../../core/base/choose.ts'
import { type Case, ingress, type Path, type Rule, SERVICES } from './cases.ts'

const HOSTS = ['a.com', 'b.a.com', '*.a.com', 'c.b.a.com', '*.b.a.com', '']
const ASKED = ['a.com', 'b.a.com', 'x.a.com', 'c.b.a.com', 'x.b.a.com', 'other.com']
const TYPES = ['Exact', 'Prefix', 'ImplementationSpecific'] as const
const ELEMENTS = ['x', 'y', 'xy', 'X']

export function randomCase(seed: number): Case {
  const next = random(seed)
  const below = (limit: number): number => Math.floor(next() * limit)
  const one = <T>(list: readonly T[]): T => list[below(list.length)] as T
  const path = (): string => {
    const elements = Array.from({ length: below(4) }, () => one(ELEMENTS))
    return elements.length === 0 ? '/' : `/${elements.join('/')}${next() < 0.3 ? '/' : ''}`
  }
  const paths = (): readonly Path[] => Array.from({ length: 1 + below(4) }, () => [path(), one(TYPES), one(['a', 'b', 'c', 'd'])])
  const rules = (): readonly Rule[] => Array.from({ length: 1 + below(3) }, () => ({ host: one(HOSTS), paths: paths() }))
  const made = Array.from({ length: 1 + below(3) }, (_, i) =>
    ingress({ name: `i${i}`, rules: rules(), ...(next() < 0.2 && { defaultBackend: one(['a', 'b']) }) }),
  )
  const asked = new Set(['/', '/none', ...Array.from({ length: 24 }, path), '/x/', '/x', '/xyz', '/x/y/x/y'])
  return { name: `random ${seed}`, manifest: SERVICES + made.join(''), hosts: ASKED, paths: [...asked] }
}
