import type { Match, Target } from '../rule.ts'
import type { Arguments } from './arguments.ts'

/** One option of an extension: reads its arguments into the draft. */
export interface Option<Draft> {
  /** May stand behind `!`. */
  readonly invert?: true
  /** May be given again. */
  readonly repeat?: true
  readonly read: (draft: Draft, args: Arguments, not: boolean, option: string) => void
}

/** An extension in use in one rule. */
export interface Open<Made> {
  readonly name: string
  has(option: string): boolean
  optionNames(): readonly string[]
  read(option: string, not: boolean): void
  close(protocol: string | number | undefined): Made
}

export interface Extension<Made> {
  readonly name: string
  open(args: Arguments): Open<Made>
}

export type MatchExtension = Extension<readonly Match[]>
export type TargetExtension = Extension<Target | undefined>

interface Definition<Draft, Made> {
  readonly name: string
  begin(): Draft
  readonly options: Readonly<Record<string, Option<Draft>>>
  /** Checks what was read together and makes the result. `protocol` is the rule's `-p` (not inverted). */
  finish(draft: Draft, args: Arguments, protocol: string | number | undefined): Made
  readonly onceComplaint?: (option: string) => string
}

/** What libxtables' option parser (xtoptions.c) does for every extension: each option once, `!` only where it means something. */
export function extension<Draft, Made>(definition: Definition<Draft, Made>): Extension<Made> {
  const options = new Map(Object.entries(definition.options))
  const names = [...options.keys()]
  const { name } = definition
  return {
    name,
    open(args) {
      const draft = definition.begin()
      const seen: string[] = []
      return {
        name,
        has: (option) => options.has(option),
        optionNames: () => names,
        read(option, not) {
          const found = options.get(option)
          if (!found) return
          if (!found.repeat && seen.includes(option))
            args.complain(definition.onceComplaint?.(option) ?? `${name}: option "${option}" can only be used once.`)
          if (not && !found.invert) args.complain(`${name}: option "${option}" cannot be inverted.`)
          seen.push(option)
          found.read(draft, args, not, option)
        },
        close: (protocol) => definition.finish(draft, args, protocol),
      }
    },
  }
}

/** Marks all but the first as options of one `-m`. */
export function joined(matches: readonly Match[]): readonly Match[] {
  return matches.length < 2 ? matches : matches.map((match, index) => (index === 0 ? match : ({ ...match, and: true } as Match)))
}

/** `{ not: true }` or nothing, as the types want it. */
export const negated = (not: boolean | undefined): { readonly not?: true } => (not ? { not: true } : {})
