import { CT_STATES, CT_STATUSES } from '../names.ts'
import type { CtState, CtStatus, Match } from '../rule.ts'
import { addressArgument, listOf, markAndMask, portRange } from './arguments.ts'
import { extension, joined, type MatchExtension, negated, type Option } from './module.ts'

/** Matches on marks and on the packet's connection (libxt_mark.c, libxt_conntrack.c). */

const markMatch = (kind: 'mark' | 'connmark'): MatchExtension =>
  extension<{ match?: Match }, readonly Match[]>({
    name: kind,
    begin: () => ({}),
    options: {
      '--mark': {
        invert: true,
        read: (draft, args, not, option) => {
          draft.match = { kind, ...markAndMask(args, kind, option, args.value(option)), ...negated(not) }
        },
      },
    },
    finish(draft, args) {
      if (!draft.match) args.complain(`${kind}: option "--mark" must be specified`)
      return draft.match ? [draft.match] : []
    },
  })

/** In the order in which conntrack_dump prints them (libxt_conntrack.c). */
const CT_ORDER = ['ctstate', 'ctorigsrc', 'ctorigdst', 'ctreplsrc', 'ctrepldst', 'ctorigdstport', 'ctstatus', 'ctdir'] as const
type CtKind = (typeof CT_ORDER)[number]
type CtDraft = Partial<Record<CtKind, Match>>

const ctAddress = (kind: 'ctorigsrc' | 'ctorigdst' | 'ctreplsrc' | 'ctrepldst'): Option<CtDraft> => ({
  invert: true,
  read: (draft, args, not, option) => {
    const prefix = addressArgument(args, args.value(option))
    if (prefix) draft[kind] = { kind, prefix, ...negated(not) }
  },
})

const conntrack = extension<CtDraft, readonly Match[]>({
  name: 'conntrack',
  begin: () => ({}),
  options: {
    '--ctstate': {
      invert: true,
      read: (draft, args, not, option) => {
        draft.ctstate = {
          kind: 'ctstate',
          states: listOf(args, args.value(option), CT_STATES, (word) => `Bad ctstate "${word}"`),
          ...negated(not),
        }
      },
    },
    '--ctstatus': {
      invert: true,
      read: (draft, args, not, option) => {
        const text = args.value(option)
        const statuses: readonly CtStatus[] =
          text === 'NONE' ? ['NONE'] : listOf(args, text, CT_STATUSES, (word) => `Bad ctstatus "${word}"`)
        draft.ctstatus = { kind: 'ctstatus', statuses, ...negated(not) }
      },
    },
    '--ctorigsrc': ctAddress('ctorigsrc'),
    '--ctorigdst': ctAddress('ctorigdst'),
    '--ctreplsrc': ctAddress('ctreplsrc'),
    '--ctrepldst': ctAddress('ctrepldst'),
    '--ctorigdstport': {
      invert: true,
      read: (draft, args, not, option) => {
        draft.ctorigdstport = { kind: 'ctorigdstport', ports: portRange(args, args.value(option)), ...negated(not) }
      },
    },
    '--ctdir': {
      read: (draft, args, _not, option) => {
        const text = args.value(option).toUpperCase()
        if (text === 'ORIGINAL' || text === 'REPLY') draft.ctdir = { kind: 'ctdir', direction: text }
        else args.complain(`conntrack: Bad value for "--ctdir" option: "${text}"`)
      },
    },
  },
  finish(draft, args) {
    const matches = CT_ORDER.map((kind) => draft[kind]).filter((match) => match !== undefined)
    if (matches.length === 0) args.complain('conntrack: At least one option is required')
    return joined(matches)
  },
})

const STATES: readonly CtState[] = CT_STATES.slice(0, 5)
const state = extension<{ match?: Match }, readonly Match[]>({
  name: 'state',
  begin: () => ({}),
  options: {
    '--state': {
      invert: true,
      read: (draft, args, not, option) => {
        const states = listOf(args, args.value(option), STATES, (word) => `Bad state "${word}"`)
        draft.match = { kind: 'ctstate', states, module: 'state', ...negated(not) }
      },
    },
  },
  finish(draft, args) {
    if (!draft.match) args.complain('You must specify "--state"')
    return draft.match ? [draft.match] : []
  },
})

export const CONNECTION_MATCHES: readonly MatchExtension[] = [markMatch('mark'), markMatch('connmark'), conntrack, state]
