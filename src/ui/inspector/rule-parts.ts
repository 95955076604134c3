/** A line of iptables-save as a table shows it: whose rule, what it matches by, what it does. */
export interface RuleParts {
  readonly chain: string
  readonly match: string
  readonly action: string
}

/** `-P INPUT ACCEPT` has an action only; a target may have options of its own, a comment may hold anything. */
export function ruleParts(text: string): RuleParts {
  const policy = /^-P (\S+) (\S+)$/.exec(text)
  if (policy) return { chain: policy[1] ?? '', match: '', action: `-P ${policy[2] ?? ''}` }
  const head = /^-A (\S+) ?/.exec(text)
  const rest = head ? text.slice(head[0].length) : text
  const at = actionAt(rest)
  return { chain: head?.[1] ?? '', match: rest.slice(0, at).trimEnd(), action: rest.slice(at) }
}

/** Where `-j` or `-g` stands outside of quotes; the end where there is none. */
function actionAt(text: string): number {
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') quoted = !quoted
    else if (!quoted && (at === 0 || text[at - 1] === ' ') && /^-[jg] /.test(text.slice(at, at + 3))) return at
  }
  return text.length
}

/** Words that begin what a rule of nft does. A vmap is both: what stands before it is looked up, what it leads to is done. */
const NFT_ACTION =
  /^(?:vmap|accept|drop|return|continue|reject|jump|goto|dnat|snat|masquerade|redirect|notrack|policy|meta mark set|ct mark set|(?:add|update|delete) @)(?= |$|(?<=@))/

/** A line of `nft list` without its comment: a verdict map's key is what it matches by. */
export function nftParts(text: string): Omit<RuleParts, 'chain'> {
  const rule = text.replace(/ ?comment "[^"]*"$/, '')
  let depth = 0
  let quoted = false
  for (let at = 0; at < rule.length; at++) {
    const char = rule[at]
    if (char === '"') quoted = !quoted
    else if (char === '{') depth++
    else if (char === '}') depth--
    else if (!quoted && depth === 0 && (at === 0 || rule[at - 1] === ' ') && NFT_ACTION.test(rule.slice(at)))
      return { match: rule.slice(0, at).trimEnd(), action: rule.slice(at) }
  }
  return { match: rule, action: '' }
}
