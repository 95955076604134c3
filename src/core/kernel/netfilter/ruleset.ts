import type { IpSet } from './ipset.ts'
import type { Rule } from './rule.ts'

/** The four tables that iptables programs here; `security` is absent. */
export type TableName = 'raw' | 'mangle' | 'nat' | 'filter'
export type Hook = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING'
export type Policy = 'ACCEPT' | 'DROP'

/** Whose tables: those of iptables or of ip6tables. */
export type XtablesFamily = 'ip' | 'ip6'

/** Everything iptables holds in one namespace, for one family. Tables and chains may be lazy: nothing but a visit makes rules. */
export interface Ruleset {
  /** Absent: `ip`. */
  readonly family?: XtablesFamily
  readonly tables: ReadonlyMap<TableName, Table>
  readonly sets: ReadonlyMap<string, IpSet>
}

export interface Table {
  readonly name: TableName
  chain(name: string): Chain | undefined
  /** In the order of iptables-save: base chains in hook order, then user chains sorted by name. */
  chainNames(): readonly string[]
  /** Lines of iptables-save by chain, in no order; only of tables that can tell without making every rule. */
  savedRules?(): ReadonlyMap<string, string>
}

export interface Chain {
  readonly name: string
  /** Base chains only. */
  readonly policy?: Policy
  /**
   * Base chains only. iptables-nft creates ("registers") a base chain when its first rule or its policy is set; one that is only printed by
   * iptables-save does not run.
   */
  readonly registered?: boolean
  readonly length: number
  /** Makes the rule when it is lazy. `index` is 0-based and below `length`. */
  rule(index: number): Rule
  /**
   * An index over the chain: the ascending indices of rules that can possibly match a packet to this destination, or undefined when all must be
   * tried. Sound by contract: leaving out a rule that would match is a bug, and a property test compares with the linear walk.
   */
  candidates?(key: {
    readonly destination: string
    readonly protocol: string
    readonly destinationPort: number
  }): readonly number[] | undefined
}

export const EMPTY_RULESET: Ruleset = { tables: new Map(), sets: new Map() }
export const EMPTY_RULESET6: Ruleset = { family: 'ip6', tables: new Map(), sets: new Map() }

/** A chain that is simply its rules. */
export function chainOf(name: string, rules: readonly Rule[], base?: { readonly policy: Policy; readonly registered: boolean }): Chain {
  return {
    name,
    ...base,
    length: rules.length,
    rule: (index) => {
      const rule = rules[index]
      if (!rule) throw new RangeError(`${name} has no rule ${index}`)
      return rule
    },
  }
}
