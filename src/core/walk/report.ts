import type { ChainRun, RuleStep } from '../kernel/step.ts'
import { endpointsOf, transportText } from '../net/tcpdump.ts'
import { sequenceDiagram } from './mermaid.ts'
import type { Words } from './render.ts'
import { storyOf } from './story.ts'
import type { Hop, PacketTrace } from './trace.ts'

/** The words of a report: those of a rendering, and its headings. */
export interface ReportWords extends Pick<Words, 'explain' | 'story' | 'place'> {
  readonly heading: (key: ReportHeading) => string
}

export type ReportHeading = 'hops' | 'rules' | 'number' | 'packet' | 'namespace' | 'in' | 'out' | 'what'

export interface Report {
  /** What was asked. */
  readonly title: string
  /** What came of it, in one sentence. */
  readonly outcome: string
  /** Remarks, a line each: probability, what is approximate. */
  readonly remarks: readonly string[]
  readonly traces: readonly PacketTrace[]
}

/** A conversation as a Markdown page (GitHub's dialect, which draws Mermaid): what was asked, a sequence diagram, a table of hops, the rules that matched. */
export function markdownReport({ title, outcome, remarks, traces }: Report, words: ReportWords): string {
  const matched = traces.flatMap((trace, index) => packetRules(trace, index, words))
  return [
    `# ${inline(title)}`,
    '',
    `**${inline(outcome)}**`,
    '',
    ...remarks.flatMap((remark) => [`*${inline(remark)}*`, '']),
    ...fenced('mermaid', sequenceDiagram(traces, words)),
    '',
    `## ${inline(words.heading('hops'))}`,
    '',
    ...hopTable(traces, words),
    ...(matched.length > 0 ? ['', `## ${inline(words.heading('rules'))}`, ...matched] : []),
    '',
  ].join('\n')
}

const packetText = (trace: PacketTrace): string => `${endpointsOf(trace.sent)} ${transportText(trace.sent.transport)}`

const COLUMNS: readonly ReportHeading[] = ['number', 'packet', 'namespace', 'in', 'out', 'what']

function hopTable(traces: readonly PacketTrace[], words: ReportWords): readonly string[] {
  const rows = traces.flatMap((trace, packet) =>
    trace.hops.map((hop, index) => {
      const last = index === trace.hops.length - 1
      const story = words.story(storyOf(hop, last && trace.disposition.kind === 'delivered'))
      return [
        `${packet + 1}.${index + 1}`,
        transportText(trace.sent.transport),
        words.place(hop.netns),
        hop.in ?? '·',
        hop.out ?? '·',
        story,
      ]
    }),
  )
  return [COLUMNS.map((key) => words.heading(key)), COLUMNS.map(() => '---'), ...rows].map((row) => `| ${row.map(inline).join(' | ')} |`)
}

/** The chains that had a rule for a packet, namespace by namespace in a fence each. */
function packetRules(trace: PacketTrace, index: number, words: ReportWords): readonly string[] {
  const visits = trace.hops.flatMap((hop) => {
    const lines = hopRules(hop)
    return lines.length === 0 ? [] : ['', `${inline(words.place(hop.netns))}:`, '', ...fenced('text', lines)]
  })
  return visits.length === 0 ? [] : ['', `### ${index + 1}. ${inline(packetText(trace))}`, ...visits]
}

const hopRules = (hop: Hop): readonly string[] => hop.steps.flatMap((step) => (step.kind === 'chain' ? chainRules(step) : []))

function chainRules(run: ChainRun): readonly string[] {
  const told = run.rules.filter(({ rule, policy }) => rule !== undefined || (policy && run.verdict === 'DROP'))
  return told.length === 0 ? [] : [`# ${run.table} ${run.chain}`, ...told.map((step) => `${'  '.repeat(step.depth)}${ruleText(step)}`)]
}

function ruleText({ rule, chain, verdict, origin }: RuleStep): string {
  const because = origin?.object === undefined ? '' : `  # ${origin.object}${origin.field === undefined ? '' : ` ${origin.field}`}`
  return `${rule ?? `-P ${chain}`}  ⇒ ${verdict}${because}`.replaceAll(/[\r\n]+/g, ' ')
}

/** A fence longer than any run of backticks inside: comments of rules may hold anything. */
function fenced(language: string, lines: readonly string[]): readonly string[] {
  const longest = Math.max(2, ...lines.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)))
  const fence = '`'.repeat(longest + 1)
  return [`${fence}${language}`, ...lines, fence]
}

/** Text that means itself within a line or a cell. */
const inline = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_[\]<>|~&]/g, (character) => ENTITIES[character] ?? `\\${character}`)
const ENTITIES: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;' }
