import type { Explanation, ExplanationKey } from '../core/walk/explain.ts'
import type { Clause, ClauseKey } from '../core/walk/story.ts'
import type { Chapter, ChapterKey } from '../core/sim/journey-story.ts'
import type { DropReason } from '../core/kernel/step.ts'

/** Every text of the command line, by key. `{name}` stands for a parameter. Another language is another value of this shape. */
export interface Catalogue {
  readonly steps: Readonly<Record<ExplanationKey, string>>
  readonly story: Readonly<Record<ClauseKey, string>>
  readonly chapters: Readonly<Record<ChapterKey, string>>
  readonly drops: Readonly<Record<DropReason, string>>
  readonly lines: Readonly<Record<LineKey, string>>
}

export type LineKey = keyof typeof LINES

const LINES = {
  'problem.place': '{file}:{line}:{column}: {severity}: {message}',
  'problem.file': '{file}: {severity}: {message}',
  reading: 'kubehop: reading {megabytes} MB of manifests …',
  'read.done': 'kubehop: {objects} objects after {seconds} s',
  'apply.refused': 'nothing applied: the input has errors',
  'trace.answered': 'answered by {by}, which saw {client}',
  'trace.answered-http': 'answered by {by}, which saw {client}: HTTP {status} {body}',
  'trace.answered-ping': 'answered by {by}',
  'trace.refused': 'connection refused ({how})',
  'trace.icmp-error': '{errno}: ICMP {type}/{code} from {from}',
  'trace.timeout': 'no answer: the client would time out',
  'trace.local-error': 'not sent: {errno}',
  'trace.failed': 'no response: {message}',
  'trace.unsupported': 'not simulated',
  'journey.connection': 'connection {number}: {client} to {server}',
  'journey.parent': 'because of connection {parent}',
  'journey.tls': 'TLS {name} {alpn}: certificate of {subject} {secret}',
  'journey.matched': '{program}: {table} {row}',
  'journey.tried': 'tried {address}: {kind} after {after} s',
  'journey.balance': '{program}: {algorithm} of {upstream} takes {chosen}, one of {of}',
  'journey.proxy': '{program} passes it on to {to}',
  'journey.respond': '{program} answers itself ({why})',
  'journey.close': '{program} closes the connection ({why})',
  'journey.silent': '< no response',
  'journey.end.closed': '  closed',
  'journey.end.reset': '  reset',
  'journey.end.open': '  stays open',
  'journey.end.refused': '  refused',
  'journey.end.unreachable': '  unreachable',
  'journey.end.timeout': '  nobody answered',
  'journey.end.not-sent': '  not sent',
  'trace.answered-grpc': 'answered by {by}, which saw {client}: gRPC {code} {name}{message}',
  'trace.decided': '{program} passes it on to {upstream}, {address}{why}',
  'trace.decided-not': '{program} passes it on to nobody ({why})',
  'trace.answered-status': 'answered by {by}, which saw {client}: HTTP {status}',
  'trace.how-reset': 'RST',
  'trace.how-icmp': 'ICMP {type}/{code}',
  'trace.probability': 'path with probability {probability}',
  'trace.fidelity': 'approximate: {ids}',
  'trace.asked': '{protocol} from {from} to {to}',
  'report.hops': 'Hop by hop',
  'report.rules': 'Rules that matched',
  'report.number': '#',
  'report.packet': 'packet',
  'report.namespace': 'network namespace',
  'report.in': 'in',
  'report.out': 'out',
  'report.what': 'what happens',
  'capture.empty': 'no packet left its sender: the capture is empty',
  'compare.title': '{from} (-) and {to} (+)',
  'paths.summary': '{paths} paths from {from} to {to}',
  'paths.incomplete': 'cut at {limit} paths: there are more',
  'pick.unused': '--pick {pick}: no packet was offered a choice in that chain',
  'lint.summary': 'errors: {errors}, warnings: {warnings}, notes: {notes}',
  'state.no-program': '{name}: no program that decides where requests go, and none elsewhere in this cluster',
  'state.no-program-but': '{name}: no program that decides where requests go; in this cluster there are {programs}',
  'golden.done': '{scenarios} scenarios with {probes} probes and {rulesCases} rules cases written, {skipped} left out, {failed} failed',
  'golden.absent': '{name}: left out, not simulated yet: {what}',
  'golden.failed': '{name}: {why}',
  'error.command': "unknown command '{command}'; `kubehop help` lists them",
  'error.file': '{path}: {why}',
  'error.no-files': 'give manifests with -f FILE, -f DIR or -f -',
  'error.no-goldens': '{dir}: no folder with a scenario.json, and no rules folder with a case.json',
  'error.not-text': '{path}: not text (UTF-8) that holds manifests',
  'error.no-manifests': '{path}: no .yaml, .yml or .json file in this folder',
  'error.missing': '{option} is missing; `kubehop help {command}` tells how',
  'error.choice': "{option} '{value}': one of {choices}",
  'error.number': "{option} '{value}': a whole number from {from} to {to}",
  'error.binary': '-o {output} is binary: give --out FILE, or send it into a file or a pipe',
  'error.one-path': '-o {output} holds one path: choose it with --seed or --pick in place of --all-paths',
  'error.pick': "--pick '{value}': CHAIN=IP:PORT",
  'error.header': "-H '{value}': NAME: VALUE",
  'error.resolve': "--resolve '{value}': HOST:PORT:ADDRESS",
  'error.seconds': "{option} '{value}': seconds, more than 0",
  'error.curl-url': '{option} is for requests of HTTP: give --to http://… or --http',
  'error.curl-packet': '{option} is for requests of HTTP, {packet} for a single packet',
  'error.place': "no node, pod or host '{name}' in this cluster",
  'error.excess': "'{word}': no further argument is expected",
  'error.config-file': "no file '{name}' of {program}; there are {files}",
  'error.node': "no node '{name}' in this cluster; there are {nodes}",
  'error.arguments': '{message}',
} as const

const STEPS: Catalogue['steps'] = {
  'send.socket': 'a process sends {protocol} to {destination} from {source}',
  'send.kernel': 'the kernel answers {destination} from {source}',
  receive: 'comes in by {dev}',
  transmit: 'leaves through {dev}',
  'bridge.up': '{bridge}: the frame is addressed to the bridge itself, so it goes up to the host',
  'bridge.forward': '{bridge}: {mac} is behind {ports}, the frame is switched there',
  'bridge.flood': '{bridge}: nobody knows {mac}, the frame goes to every port: {ports}',
  'bridge.drop': '{bridge}: the frame may not leave by the port that it came in on ({port})',
  defragment: 'its fragments are put together: {length} bytes',
  fragment: 'too big for MTU {mtu}: cut into {fragments} fragments',
  'conntrack.new': 'a new connection',
  'conntrack.established': 'of a known connection, {direction} direction',
  'conntrack.related': 'an error about a known connection',
  'conntrack.invalid': 'belongs to no connection: INVALID',
  'conntrack.untracked': 'not tracked',
  confirm: 'the connection is remembered: {original}, answers {reply}',
  'chain.passed': 'no rule decides: policy {verdict}',
  'chain.matched': '{verdict}, rules matched: {rules}',
  'chain.dropped': 'stops it: {last}',
  'ipvs.connection': 'IPVS knows the connection: {virtualServer} goes to {realServer}',
  'ipvs.template': 'IPVS remembers the client: {virtualServer} goes to {realServer}',
  'ipvs.scheduler': 'IPVS schedules {virtualServer} by {scheduler} to {realServer}, one of {candidates}',
  'ipvs.reply': "IPVS puts the service's address back: the answer now comes from {source}",
  'ipvs.error': 'IPVS translates the ICMP error: it now comes from {source}',
  'ipvs.nobody': 'IPVS has no real server with a weight for {virtualServer}',
  'ipvs.gone': 'the real server {realServer} of this connection is gone',
  'nat.source.rule': 'source {from} becomes {to}',
  'nat.source.conntrack': 'source {from} becomes {to}, as the connection remembers',
  'nat.destination.rule': 'destination {from} becomes {to}',
  'nat.destination.conntrack': 'destination {from} becomes {to}, as the connection remembers',
  'route.local': '{destination} is one of our own addresses',
  'route.via': '{destination} is reached by {prefix} via {via} through {dev}',
  'route.link': '{destination} is reached by {prefix} directly through {dev}',
  'route.broadcast': '{destination} is a broadcast address',
  'route.none': 'there is no route to {destination}',
  'route.blackhole': '{destination} falls into a blackhole route',
  'route.prohibit': 'a route prohibits {destination}',
  forward: 'forwarded: TTL {from} becomes {to}',
  'neighbour.known': '{ip} is at {mac}',
  'neighbour.permanent': '{ip} is at {mac}, a permanent entry',
  'neighbour.arp': 'ARP asks for {ip} on {dev}: it is at {mac}',
  'neighbour.ndp': 'a neighbour solicitation asks for {ip} on {dev}: it is at {mac}',
  'neighbour.failed': 'ARP asks for {ip} on {dev}: nobody answers',
  encapsulate: '{dev} wraps it in VXLAN {vni}: {source} to {destination}',
  decapsulate: '{dev} unwraps VXLAN {vni}: {source} to {destination}',
  'socket.found': '{owner} listens on {protocol} {ip}:{port}',
  'socket.own': 'the socket that sent the request receives it',
  'socket.none': 'nothing listens on {protocol} {ip}:{port}',
  reject: 'refused with {with}, sent to {to}',
  drop: 'dropped: {reason}',
  'end.delivered': 'delivered to {owner}',
  'end.dropped': 'dropped: {reason}',
  'end.rejected': 'refused with {with}',
  'end.not-sent': 'not sent: {errno}',
  'end.loop': 'goes round in a loop, {passes} times, until its TTL is 0',
  'end.unsupported': 'not simulated: {what}',
  'end.cut': "cut by the simulator's limit of {limit}",
}

const STORY: Catalogue['story'] = {
  sends: 'sends {packet}',
  answers: 'answers {packet}',
  decapsulates: 'takes it out of VXLAN {vni}',
  translates: 'sends it to {to} in place of {from}{because}',
  'translates-back': 'turns destination {from} back into {to}',
  masquerades: 'makes {to} its source in place of {from}{because}',
  'restores-source': 'makes {to} its source again in place of {from}',
  bridges: 'switches it on {bridge} to {port}',
  floods: 'floods it on {bridge} to {port}',
  'routes-via': 'routes it via {via} through {dev}',
  routes: 'routes it through {dev}',
  encapsulates: 'wraps it in VXLAN {vni} for {remote}',
  fragments: 'cuts it into {fragments} fragments for MTU {mtu}',
  listens: 'accepts it: {owner} listens on {protocol} {port}',
  receives: 'receives it',
  'nobody-listens': 'has nothing that listens on {protocol} {ip}:{port}',
  balances: 'IPVS sends it to {realServer} in place of {virtualServer} ({scheduler}){because}',
  'answers-as-service': 'IPVS makes {virtualServer} its source again',
  'has-no-server': 'IPVS finds no real server for {virtualServer}',
  rejects: 'refuses it with {with}',
  drops: 'drops it: {reason}',
}

const CHAPTERS: Catalogue['chapters'] = {
  resolves: 'finds {address} for {host}',
  connects: 'opens a connection to {address}',
  'connects-on': 'opens a connection of its own to {address}',
  translates: 'sends it on to {address}',
  'translates-for': 'sends it on to {address}, for {object}',
  refused: 'refuses the connection',
  unreachable: 'says that it cannot be reached',
  silent: 'is as far as it comes: nobody answers',
  'not-sent': 'cannot send it',
  secures: 'shows a certificate of {subject}; from here on all is encrypted',
  'secures-named': 'shows the certificate of {subject} from Secret {secret}; from here on all is encrypted',
  alerts: 'breaks the TLS handshake off: {alert}',
  asks: 'asks {method} {target} of {host}',
  decides: '{program} chooses {upstream}',
  'decides-by': '{program} obeys {object} and chooses {upstream}',
  answers: 'answers {status} {reason}',
  'passes-back': 'passes the answer on: {status} {reason}',
  'says-nothing': 'gives no answer',
}

const DROPS: Catalogue['drops'] = {
  rule: 'a rule says DROP',
  policy: "the chain's policy is DROP",
  'no-route': 'there is no route',
  blackhole: 'the route is a blackhole',
  'forwarding-off': 'ip_forward is 0',
  'rp-filter': 'rp_filter: answers would not go back by this interface',
  martian: 'such a source may not come in by this interface',
  ttl: 'its TTL is used up',
  mtu: 'too big for the MTU and DF is set',
  neighbour: 'nobody answers ARP for the next hop',
  fdb: 'no VTEP is known for its MAC address',
  hairpin: 'hairpin is off: a frame may not leave by the port that it came in on',
  anycast: 'it was for an anycast address, which TCP does not answer',
  broadcast: 'it was a broadcast, which TCP and ping do not answer',
  'not-for-us': 'the frame is addressed to another host',
  'no-socket': 'no socket waits for it',
  'no-real-server': 'IPVS has no real server for it',
  invalid: 'conntrack finds it INVALID',
  'device-down': 'the interface is down',
  'nat-exhausted': 'no free port is left for NAT',
  'icmp-suppressed': 'an error about it may not be sent',
}

export const ENGLISH: Catalogue = { steps: STEPS, story: STORY, chapters: CHAPTERS, drops: DROPS, lines: LINES }

type Params = Readonly<Record<string, string | number>>

export const fill = (template: string, params: Params): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? ''))

export const line = (key: LineKey, params: Params = {}): string => fill(ENGLISH.lines[key], params)

export function explanationText({ key, params }: Explanation): string {
  const reason = 'reason' in params ? { reason: reasonText(params) } : {}
  const prefix = params['prefix'] === '0.0.0.0/0' ? { prefix: 'default' } : {}
  return fill(ENGLISH.steps[key], { ...params, ...reason, ...prefix })
}

/** The clauses of a hop as one sentence: `takes it out of VXLAN 1, routes it through cni0`. */
export function storyText(clauses: readonly Clause[]): string {
  if (clauses.length === 0) return 'passes it on'
  return clauses
    .map(({ key, params }) => fill(ENGLISH.story[key], { ...params, because: because(params), reason: reasonText(params) }))
    .join(', ')
}

export const chapterText = ({ key, params }: Chapter): string => fill(ENGLISH.chapters[key], params).trimEnd()

const because = ({ agent, object }: Params): string => (agent ? ` (${agent}${object ? `, because of ${object}` : ''})` : '')

function reasonText({ reason, detail }: Params): string {
  const words = ENGLISH.drops[reason as DropReason] ?? String(reason ?? '')
  return detail ? `${words} (${detail})` : words
}
