import type { Simulation } from '../core/engine.ts'
import type { NetworkNamespace } from '../core/kernel/netns.ts'
import { network } from '../core/node/network.ts'
import { isProgrammed, listing, type Program, programsOf } from '../core/walk/listing.ts'
import type { Ask, Listing } from './protocol.ts'
import { netnsNamed } from './tables.ts'

/** Lines of the last page that was looked at: who scrolls asks for it again and again. */
let last: { readonly netns: NetworkNamespace; readonly program: Program; readonly lines: readonly string[] } | undefined

/** A part of what a program prints on a machine: all lines, or those that hold the words. */
export function listingOf({ cluster, runtime }: Simulation, ask: Extract<Ask, { kind: 'listing' }>): Listing | undefined {
  const id = netnsNamed(cluster, ask.target)
  const netns = id && network(cluster).netns(id)
  if (!netns) return undefined
  const programs = programsOf(netns)
  const program = programs.find((each) => each === ask.program) ?? programs[0]
  if (!program) return { programs, lines: [], total: 0 }
  if (last?.netns !== netns || last.program !== program || !isProgrammed(program))
    last = { netns, program, lines: linesIn(listing(program, netns, runtime)) }
  const words = ask.find.toLowerCase().split(/\s+/).filter(Boolean)
  const found = words.length === 0 ? last.lines : last.lines.filter((line) => words.every((word) => line.toLowerCase().includes(word)))
  return { programs, program, lines: found.slice(ask.offset, ask.offset + ask.limit), total: found.length }
}

const linesIn = (text: string): readonly string[] => text.replace(/\n$/, '').split('\n')
