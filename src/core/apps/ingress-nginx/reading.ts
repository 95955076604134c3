/** An Ingress' own annotations while they are read: values that the controller does not take are as good as absent, and what it says of them is kept. */
import { boolOf, refusalOf, SNIPPETS } from './validation.ts'

export interface ReadingRules {
  readonly prefix: string
  /** `namespace/name`. */
  readonly ingress: string
  /** Whether values are validated, as they are since v1.12. */
  readonly validates: boolean
  /** Whether annotations of critical risk are refused, since v1.12 too. */
  readonly refusesSnippets: boolean
}

export class Reading {
  readonly #own: ReadonlyMap<string, string>
  readonly #rules: ReadingRules
  /** In the controller's words. */
  readonly problems: string[] = []
  #refused: string | undefined
  #denied: string | undefined

  constructor(annotations: Readonly<Record<string, string>>, rules: ReadingRules) {
    this.#rules = rules
    const { prefix, ingress } = rules
    const own = new Map<string, string>()
    for (const [key, value] of Object.entries(annotations)) {
      if (!key.startsWith(`${prefix}/`)) continue
      const name = key.slice(prefix.length + 1)
      const text = value
        .split('\n')
        .map((line) => line.trim())
        .join('\n')
      const refusal = rules.validates ? refusalOf(name, text) : undefined
      if (refusal) this.problems.push(`validation error on ingress ${ingress}: annotation ${name} contains invalid value ${value}`)
      if (refusal === 'skipped') this.#refused ??= `annotation ${key} contains invalid value`
      if (rules.refusesSnippets && SNIPPETS.has(name))
        this.#refused ??= `annotation group ${SNIPPETS.get(name) ?? ''} contains risky annotation based on ingress configuration`
      if (!refusal && text !== '') own.set(name, text)
    }
    this.#own = own
  }

  get names(): readonly string[] {
    return [...this.#own.keys()]
  }

  /** Why the Ingress as a whole is left out. */
  get refused(): string | undefined {
    return this.#refused
  }

  /** Why its paths answer 503. */
  get denied(): string | undefined {
    return this.#denied
  }

  deny(why: string): void {
    const reason = `location denied, reason: ${why}`
    this.#denied ??= reason
    this.problems.push(`error reading Ingress annotation: ${reason}`)
  }

  has(name: string): boolean {
    return this.#own.has(name)
  }

  text(name: string, otherwise = ''): string {
    return this.#own.get(name) ?? otherwise
  }

  flag(name: string, otherwise = false): boolean {
    const given = this.#own.get(name)
    if (given === undefined) return otherwise
    const read = boolOf(given)
    if (read === undefined) this.#invalid(name, given)
    return read ?? otherwise
  }

  number(name: string, otherwise: number): number {
    const given = this.#own.get(name)
    if (given === undefined) return otherwise
    if (/^[+-]?\d+$/.test(given)) return Number(given)
    this.#invalid(name, given)
    return otherwise
  }

  list(name: string, otherwise: readonly string[] = []): readonly string[] {
    const given = this.#own.get(name)
    return given === undefined ? otherwise : given.split(',').flatMap((each) => each.trim() || [])
  }

  #invalid(name: string, value: string): void {
    this.problems.push(`the annotation ${this.#rules.prefix}/${name} does not contain a valid value (${value})`)
  }
}
