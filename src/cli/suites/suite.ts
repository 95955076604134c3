import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One case of somebody else's test suite, run: `why` says what differed; undefined when nothing did. */
export interface Outcome {
  readonly id: string
  readonly why: string | undefined
}

/** A folder of cases and how to run them. */
export interface Suite {
  /** The folder below the suites' root. */
  readonly folder: string
  /** Every case that the folder holds. Files that are absent are named in `absent`. */
  run(cases: CaseFiles): readonly Outcome[]
}

/** What a suite may read; remembers what it missed. */
export class CaseFiles {
  readonly absent: string[] = []
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  json<T>(path: string): T | undefined {
    const text = this.text(path)
    return text === undefined ? undefined : (JSON.parse(text) as T)
  }

  text(path: string): string | undefined {
    const file = join(this.#root, path)
    if (existsSync(file)) return readFileSync(file, 'utf8')
    this.absent.push(path)
    return undefined
  }

  /** Files below a folder, by ending, with their path below the root. */
  list(folder: string, ending: string): readonly string[] {
    const from = join(this.#root, folder)
    if (!existsSync(from)) {
      this.absent.push(folder)
      return []
    }
    const found = readdirSync(from, { recursive: true, withFileTypes: true })
    return found
      .flatMap((entry) =>
        entry.isFile() && entry.name.endsWith(ending) ? [join(entry.parentPath, entry.name).slice(this.#root.length + 1)] : [],
      )
      .sort()
  }
}

/** Runs a check and turns what it says, or throws, into an outcome. */
export function outcome(id: string, check: () => string | undefined): Outcome {
  try {
    return { id, why: check() }
  } catch (error) {
    return { id, why: error instanceof Error ? error.message : String(error) }
  }
}

/** First difference of two values that JSON can hold, as text; undefined when they are equal. */
export function difference(expected: unknown, actual: unknown, path = ''): string | undefined {
  if (Object.is(expected, actual)) return undefined
  if (typeof expected !== 'object' || typeof actual !== 'object' || expected === null || actual === null)
    return `${path || 'value'}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`
  const [a, b] = [expected as Record<string, unknown>, actual as Record<string, unknown>]
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = difference(a[key], b[key], path === '' ? key : `${path}.${key}`)
    if (found !== undefined) return found
  }
  return undefined
}
