import { describe, expect, it } from 'vitest'
import { buildScene } from './build.ts'
import { type PacketPath, nextHop, packetPath, stationAt } from './packet-path.ts'
import { leg } from './progress.ts'
import { smallCluster } from './testdata/small-cluster.ts'
import { trace } from './testdata/traces.ts'

const scene = buildScene(smallCluster({ nodes: { a: 'client web-1 proxy=', b: 'web-2 web-3' } }))

/** One line per station: where it is, and what changed there: `*` the header, `+`/`-` the tunnel, `!` the end. */
function print({ stations }: PacketPath): readonly string[] {
  return stations.map((station, i) => {
    const before = stations[i - 1]
    const same = before?.packet === station.packet
    const tunnel = same && before?.label.outer !== station.label.outer && (!before?.label.outer || !station.label.outer)
    const marks = [
      station.changed ? `* ${station.label.source} > ${station.label.destination}` : '',
      tunnel ? (station.label.outer ? `+ ${station.label.outer.source} > ${station.label.outer.destination}` : '-') : '',
      station.end ? `! ${[station.end.kind, station.end.reason].filter(Boolean).join(' ')}` : '',
    ]
    return [station.place, ...marks.filter(Boolean)].join('  ')
  })
}

const OVER_THE_TUNNEL = trace(
  `
  @p-default-client out=eth0
    send 10.244.0.2:40000 > 10.96.0.10:80
    transmit eth0
  @a in=veth1 out=eth0
    receive veth1
    conntrack PREROUTING
    chain nat PREROUTING
    nat PREROUTING 10.244.0.2:40000 > 10.244.1.2:8080
    bridge cni0
    receive cni0
    route input
    forward
    chain filter FORWARD
    chain nat POSTROUTING
    confirm
    neighbour flannel.1
    transmit flannel.1
    route output
    encapsulate flannel.1 [192.168.1.11 > 192.168.1.12] 10.244.0.2:40000 > 10.244.1.2:8080
    chain filter OUTPUT
    chain nat POSTROUTING
    transmit eth0
  @b in=eth0 out=veth9
    receive eth0
    chain nat PREROUTING
    route input
    chain filter INPUT
    decapsulate flannel.1 10.244.0.2:40000 > 10.244.1.2:8080
    receive flannel.1
    route input
    transmit cni0
    bridge cni0
    transmit veth9
  @p-default-web-2 in=eth0
    receive eth0
    socket default/web-2
`.replace('confirm', 'conntrack POSTROUTING'),
)

describe('packetPath', () => {
  it('goes over every device of a tunnelled way', () => {
    expect(print(packetPath(scene, [OVER_THE_TUNNEL]))).toEqual([
      'pod/default/client',
      'pod/default/client#eth0',
      'node/a#veth1',
      'node/a#PREROUTING/conntrack',
      'node/a#PREROUTING/nat',
      'node/a#PREROUTING/nat  * 10.244.0.2:40000 > 10.244.1.2:8080',
      // The bridge handed it up after PREROUTING, where routing decides too.
      'node/a#cni0',
      'node/a#cni0',
      'node/a#route-in',
      'node/a#forward',
      'node/a#FORWARD/filter',
      'node/a#POSTROUTING/nat',
      'node/a#POSTROUTING/conntrack',
      'node/a#out',
      'node/a#flannel.1',
      'node/a#flannel.1',
      'node/a#flannel.1  + 192.168.1.11 > 192.168.1.12',
      'node/a#OUTPUT/filter',
      'node/a#POSTROUTING/nat',
      'node/a#eth0',
      'node/b#eth0',
      'node/b#PREROUTING/nat',
      'node/b#route-in',
      'node/b#INPUT/filter',
      'node/b#flannel.1  -',
      'node/b#flannel.1',
      'node/b#route-in',
      'node/b#cni0',
      'node/b#cni0',
      'node/b#veth9',
      'pod/default/web-2#eth0',
      'pod/default/web-2  ! delivered',
    ])
  })

  it.each([
    [
      'stays on the bridge between pods of one node',
      `@p-default-client out=eth0
         send 10.244.0.2:1 > 10.244.0.3:80
         transmit eth0
       @a in=veth1 out=veth2
         receive veth1
         conntrack PREROUTING
         bridge cni0
         neighbour cni0
         chain filter FORWARD
         transmit veth2
       @p-default-web-1 in=eth0
         receive eth0`,
      [
        'pod/default/client',
        'pod/default/client#eth0',
        'node/a#veth1',
        'node/a#PREROUTING/conntrack',
        'node/a#cni0',
        'node/a#cni0',
        'node/a#FORWARD/filter',
        'node/a#veth2',
        'pod/default/web-1#eth0  ! delivered',
      ],
    ],
    [
      'crosses a router from port to port',
      `@far out=eth0
         send 203.0.113.10:1 > 192.168.1.12:80
         transmit eth0
       @gate in=eth1 out=eth0
         receive eth1
         route input
         transmit eth0
       @b in=eth0
         receive eth0
         chain filter INPUT
         socket`,
      [
        'external/far',
        'external/far#eth0',
        'external/gate#eth1',
        'external/gate',
        'external/gate#eth0',
        'node/b#eth0',
        'node/b#INPUT/filter',
        'node/b#sockets  ! delivered',
      ],
    ],
    [
      'ends at the tile of a pod on the host network',
      `@b out=eth0
         send 192.168.1.12:1 > 192.168.1.11:80
         route output
         chain filter OUTPUT
         transmit eth0
       @a in=eth0
         receive eth0
         socket default/proxy`,
      ['node/b#sockets', 'node/b#route-out', 'node/b#OUTPUT/filter', 'node/b#eth0', 'node/a#eth0', 'pod/default/proxy  ! delivered'],
    ],
    [
      'goes through lo within a namespace',
      `@a
         send 127.0.0.1:1 > 127.0.0.1:80
         transmit lo
         receive lo
         socket`,
      ['node/a#sockets', 'node/a#lo', 'node/a#lo', 'node/a#sockets  ! delivered'],
    ],
  ])('%s', (_, text, places) => {
    expect(print(packetPath(scene, [trace(text)]))).toEqual(places)
  })

  it('breaks where a rule drops it, and says which ending it was', () => {
    const dropped = trace(
      `@a
         send 192.168.1.11:1 > 10.96.0.10:80
         chain filter OUTPUT
         drop`,
      { kind: 'dropped', netns: OVER_THE_TUNNEL.netns, by: 'rule' },
    )
    expect(print(packetPath(scene, [dropped]))).toEqual(['node/a#sockets', 'node/a#OUTPUT/filter', 'node/a#OUTPUT/filter  ! dropped rule'])
  })

  it('rejects at the hook, although the answer is routed before', () => {
    const rejected = trace(
      `@a in=eth0
         receive eth0
         chain filter FORWARD
         route error
         reject`,
      { kind: 'rejected', netns: OVER_THE_TUNNEL.netns, with: 'icmp-port-unreachable', reply: OVER_THE_TUNNEL.sent },
    )
    expect(print(packetPath(scene, [rejected])).at(-1)).toBe('node/a#FORWARD/filter  ! rejected icmp-port-unreachable')
  })

  it('starts packets that the kernel makes at its routing decision', () => {
    const answer = trace(
      `@a
         route output
         send kernel
         chain filter OUTPUT`,
      undefined,
      'reply',
    )
    expect(print(packetPath(scene, [answer]))).toEqual(['node/a#route-out', 'node/a#route-out', 'node/a#OUTPUT/filter  ! delivered'])
  })

  it('has one station for a packet that was never sent', () => {
    const path = packetPath(scene, [{ ...OVER_THE_TUNNEL, hops: [], disposition: { kind: 'not-sent', errno: 'ENETUNREACH' } }])
    expect(print(path)).toEqual(['pod/default/client  ! not-sent ENETUNREACH'])
  })

  it('stays where it was last seen when a namespace is not on the map', () => {
    const lost = trace(`@a
        send 192.168.1.11:1 > 1.2.3.4:80
        transmit eth0
      @nowhere in=eth0
        receive eth0`)
    const { stations } = packetPath(scene, [lost])
    expect(stations.map((station) => station.place)).toEqual(['node/a#sockets', 'node/a#eth0', 'node/a#eth0'])
  })

  it('finds pods whose names are too long for a namespace by what the simulator calls them', () => {
    const long = 'a-name-that-goes-on-for-longer-than-a-namespace'
    const netns: Readonly<Record<string, string>> = {
      [`${long}-1`]: `p-default-${long}`.slice(0, 48),
      [`${long}-2`]: `${`p-default-${long}`.slice(0, 48)}~1234`,
    }
    const crowded = buildScene(smallCluster({ nodes: { a: `${long}-1 ${long}-2 web` } }), { netnsOf: (_, name) => netns[name] })
    const places = Object.values(netns).map(
      (name) => packetPath(crowded, [trace(`@${name}\n send 1.1.1.1:1 > 2.2.2.2:2`)]).stations[0]?.place,
    )
    expect(places).toEqual([`pod/default/${long}-1`, `pod/default/${long}-2`])
    expect(crowded.longNames).toHaveLength(2)
  })

  it('remembers what a rewritten header was called before, and that it differs from what was sent', () => {
    const { stations } = packetPath(scene, [OVER_THE_TUNNEL])
    const nat = stations.find((station) => station.kind === 'nat')
    expect(nat?.changed).toEqual({ destination: '10.96.0.10:80' })
    expect(stations.at(-1)?.notched).toEqual({ source: false, destination: true })
    expect(stations[0]?.notched).toEqual({ source: false, destination: false })
  })

  it('runs along the rails: every leg is horizontal or vertical', () => {
    const { stations } = packetPath(scene, [OVER_THE_TUNNEL])
    for (const [i, station] of stations.entries()) {
      const before = stations[i - 1]
      const points = before ? leg(before, station) : []
      for (const [k, point] of points.entries()) {
        const last = points[k - 1] ?? point
        const straight = Math.abs(point.x - last.x) < 0.01 || Math.abs(point.y - last.y) < 0.01
        expect(straight, `${before?.place} to ${station.place}: ${JSON.stringify(points)}`).toBe(true)
      }
    }
  })

  it('keeps packets of a connection apart', () => {
    const path = packetPath(scene, [OVER_THE_TUNNEL, { ...OVER_THE_TUNNEL, direction: 'reply' }])
    const { length } = packetPath(scene, [OVER_THE_TUNNEL]).stations
    expect(path.packets).toEqual([
      { first: 0, last: length - 1, direction: 'original' },
      { first: length, last: 2 * length - 1, direction: 'reply' },
    ])
    expect(path.stations[length]?.via).toEqual([])
  })
})

describe('positions', () => {
  const path = packetPath(scene, [OVER_THE_TUNNEL, OVER_THE_TUNNEL])

  it('finds the station of every step, and no other', () => {
    for (const [i, { packet, hop, step }] of path.stations.entries()) expect(stationAt(path, packet, hop, step)).toBe(i)
    expect(stationAt(path, 0, 0, 99)).toBeUndefined()
    expect(stationAt(path, 7, 0, 0)).toBeUndefined()
  })

  it('steps from hop to hop, over packets, and back', () => {
    const forth = [0]
    while (nextHop(path, forth.at(-1) ?? 0, 1) !== forth.at(-1)) forth.push(nextHop(path, forth.at(-1) ?? 0, 1))
    expect(forth.slice(0, -1).map((i) => `${path.stations[i]?.packet}.${path.stations[i]?.hop}`)).toEqual([
      '0.0',
      '0.1',
      '0.2',
      '0.3',
      '1.0',
      '1.1',
      '1.2',
      '1.3',
    ])
    expect(forth.at(-1)).toBe(path.stations.length - 1)
    const back = [path.stations.length - 1]
    while (back.at(-1) !== 0) back.push(nextHop(path, back.at(-1) ?? 0, -1))
    expect(back.reverse()).toEqual(forth)
  })
})
