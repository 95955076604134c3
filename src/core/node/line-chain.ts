import { assert } from '../base/assert.ts'
import { parseRule } from '../kernel/netfilter/restore.ts'
import type { Rule } from '../kernel/netfilter/rule.ts'
import type { Chain, Policy, XtablesFamily } from '../kernel/netfilter/ruleset.ts'
import type { Origin } from '../kernel/origin.ts'

/** One line of iptables-restore input, as an agent writes it, and why the agent wrote it. */
export interface Line {
  readonly text: string
  readonly origin: Origin
  /** Of ip6tables when `ip6`. */
  readonly family?: XtablesFamily
}

/** Agents write text, the kernel keeps rules: this is where one becomes the other, line by line, when a packet comes. */
export function ruleOf({ text, origin, family }: Line): Rule {
  const parsed = parseRule(text, origin, family)
  assert(parsed.ok, `an agent wrote a line that iptables refuses: ${text}`)
  return parsed.value.rule
}

/** A chain whose rules are parsed on the first visit to each. */
export function lineChain(name: string, lines: readonly Line[], base?: { readonly policy: Policy; readonly registered: boolean }): Chain {
  const rules: (Rule | undefined)[] = []
  return {
    name,
    ...base,
    length: lines.length,
    rule: (index) => {
      const line = lines[index]
      if (!line) throw new RangeError(`${name} has no rule ${index}`)
      return (rules[index] ??= ruleOf(line))
    },
  }
}
