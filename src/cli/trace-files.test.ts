import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { apply, resolveRequest, type RequestText, send, start } from '../core/engine.ts'
import type { Conversation } from '../core/sim/conversation.ts'
import { pcapng, sightingsOf } from '../core/walk/pcapng.ts'
import { captureOf, reportOf } from './trace-files.ts'
import { wordsFor } from './trace-words.ts'

const MANIFESTS = `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx, ports: [{containerPort: 8080}, {containerPort: 53, protocol: UDP}, {containerPort: 7000, protocol: SCTP}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080, nodePort: 30080}, {name: dns, port: 53, protocol: UDP}]
---
apiVersion: v1
kind: Service
metadata: {name: lonely}
spec: {selector: {app: nobody}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {nodeName: node-1, containers: [{name: main, image: busybox}]}
`
const simulation = apply(start(), [{ name: 'web.yaml', text: MANIFESTS }]).simulation
const from = 'pod/default/client'

function converse(text: RequestText): Conversation {
  const resolved = resolveRequest(simulation, text)
  if (!resolved.ok) throw new Error(resolved.error.message)
  return send(simulation, resolved.value.request, { seed: 1 }).conversation
}

/** Every kind of packet that the simulator sends, on every kind of device. */
const REQUESTS: readonly RequestText[] = [
  { from, to: 'http://web/' },
  { from, to: 'http://lonely/' },
  { from: 'external/client', to: '192.168.1.12:30080' },
  { from: 'node/node-1', to: '127.0.0.1:30080' },
  { from: 'node/node-1', to: '127.0.0.1:81' },
  { from, to: '192.168.1.12:81' },
  { from, to: 'web.default:53', protocol: 'udp' },
  { from, to: 'web.default:53', protocol: 'udp', payload: 3000, dontFragment: false },
  { from, to: '192.168.1.12:9999', protocol: 'udp', payload: 0 },
  { from, to: '192.168.1.12:9999', protocol: 'udp', payload: 1300 },
  { from, to: '192.168.1.12' },
  { from, to: '192.168.1.12', payload: 2999 },
  { from, to: '192.168.1.12', ttl: 1 },
  { from, to: '10.244.1.77' },
  { from: 'external/client', to: '192.168.1.11', payload: 1472, dontFragment: true },
  { from: 'external/client', to: '192.168.1.12:30080', protocol: 'sctp' },
  { from, to: '192.168.1.12:7000', protocol: 'sctp' },
  { from, to: '8.8.8.8:53', protocol: 'udp' },
]
const conversations = REQUESTS.map(converse)
const packetsOf = ({ connections }: Conversation) => connections.flatMap((connection) => connection.packets)
const packets = conversations.flatMap(packetsOf)
const sightings = packets.flatMap(sightingsOf)

/** All of them in one file: tshark 4.0 mixes up the interfaces of several sections. */
function withCaptures<T>(look: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'kubehop-pcapng-'))
  try {
    const path = join(folder, 'all.pcapng')
    writeFileSync(path, pcapng(packets, wordsFor(simulation.cluster)))
    return look(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const CHECKS = ['ip.check_checksum', 'tcp.check_checksum', 'udp.check_checksum'].flatMap((name) => ['-o', `${name}:TRUE`])
/** Wireshark takes 4789 alone for VXLAN; flannel's port is that of the kernel. */
const DECODE = [...CHECKS, '-o', 'sctp.checksum:crc-32c', '-d', 'udp.port==8472,vxlan']

function tshark(path: string, ...args: string[]): readonly string[] {
  const { status, stdout, stderr } = spawnSync('tshark', ['-r', path, ...DECODE, ...args], { encoding: 'utf8' })
  expect([status, stderr.replaceAll(/^Running as user .*\n/gm, '')]).toEqual([0, ''])
  return stdout.split('\n').slice(0, -1)
}

const installed = spawnSync('tshark', ['--version']).status === 0
if (!installed) process.stdout.write('no tshark: that Wireshark reads captures without complaint is not checked\n')

if (installed)
  describe('tshark', () => {
    const fields = (path: string, ...names: string[]): readonly string[] =>
      tshark(path, '-T', 'fields', ...names.flatMap((name) => ['-e', name]))

    it('reads every packet, finds none malformed and every checksum right', () => {
      const { rows, wrong } = withCaptures((path) => ({
        rows: fields(
          path,
          'ip.checksum.status',
          'tcp.checksum.status',
          'udp.checksum.status',
          'icmp.checksum.status',
          'sctp.checksum.status',
        ),
        wrong: tshark(path, '-Y', '_ws.malformed || _ws.expert.severity == error || frame.cap_len != frame.len'),
      }))
      expect(wrong).toEqual([])
      expect(rows.length).toBe(sightings.length)
      // 1 good, 2 not verified (the rest of a fragment or quote is missing), 3 not present (a VXLAN envelope).
      expect(rows.filter((row) => !/^[123,\t]*$/.test(row) || !row.startsWith('1'))).toEqual([])
      const good = ['ip', 'tcp', 'udp', 'icmp', 'sctp'].map((_, column) => rows.some((row) => row.split('\t')[column]?.includes('1')))
      expect(good).toEqual([true, true, true, true, true])
    })

    it('shows interface, direction and comment of every packet', () => {
      const rows = withCaptures((path) => fields(path, 'frame.interface_name', 'frame.packet_flags_direction', 'frame.comment'))
      for (const [index, { netns, dev, direction }] of sightings.entries()) {
        const [name, way, comment = ''] = rows[index]?.split('\t') ?? []
        expect([name, Number(way), comment.length > 0]).toEqual([`${netns}/${dev}`, direction === 'inbound' ? 1 : 2, true])
      }
    })
  })

describe.each(REQUESTS.map((asked, index) => ({ asked, index, name: `${asked.from} ${asked.protocol ?? ''} ${asked.to}` })))(
  '$name',
  ({ asked, index }) => {
    const conversation = conversations[index] ?? converse(asked)

    it('is a capture that says what was asked', () => {
      const capture = Buffer.from(captureOf(conversation, asked, simulation.cluster)).toString()
      expect(capture).toContain(` from ${asked.from} to ${asked.to}: `)
      expect(packetsOf(conversation).flatMap(sightingsOf).length).toBeGreaterThan(0)
    })

    it('is a report with a row per hop', () => {
      const page = reportOf(conversation, asked, simulation.cluster)
      const hops = packetsOf(conversation).flatMap((packet) => packet.hops)
      expect(page).toMatch(/^# \w+ from .*\n\n\*\*.+\*\*\n/)
      expect(page.match(/^\| \d+\.\d+ \|/gm)?.length).toBe(hops.length)
      expect(page).not.toMatch(/undefined|\{\w+\}/)
    })
  },
)
