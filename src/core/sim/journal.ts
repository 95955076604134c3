import type { ProxyHeader } from '../apps/program.ts'
import type { PacketTrace } from '../walk/trace.ts'
import type { Carried, Connection, ConnectionEnd, HttpExchange, PacketPlace, Party, Routed, TlsSession } from './conversation.ts'

/** A connection while it is being written: filled in as its packets are walked. */
export interface DraftConnection {
  kind: Connection['kind']
  readonly packets: PacketTrace[]
  readonly carries: (Carried | undefined)[]
  readonly parent: number | undefined
  client: Party
  server: Party | undefined
  /** The client as the server's socket has it. */
  seen: string | undefined
  proxyHeader: ProxyHeader | undefined
  tls: TlsSession | undefined
  readonly exchanges: HttpExchange[]
  stream: Routed | undefined
  end: ConnectionEnd
}

/** All connections of a journey, and the order in which their packets were sent. */
export class Journal {
  readonly connections: DraftConnection[] = []
  readonly order: PacketPlace[] = []
  readonly fidelity = new Set<string>()

  /** The index of a new connection. */
  open(kind: Connection['kind'], parent: number | undefined, client: Party): number {
    this.connections.push({
      kind,
      packets: [],
      carries: [],
      parent,
      client,
      server: undefined,
      seen: undefined,
      proxyHeader: undefined,
      tls: undefined,
      exchanges: [],
      stream: undefined,
      end: 'open',
    })
    return this.connections.length - 1
  }

  packet(connection: number, trace: PacketTrace, carries?: Carried): void {
    const draft = this.connections[connection]
    if (!draft) return
    this.order.push({ connection, packet: draft.packets.length })
    draft.packets.push(trace)
    draft.carries.push(carries)
    for (const id of trace.fidelity) this.fidelity.add(id)
  }

  written(): readonly Connection[] {
    return this.connections.map(
      ({ kind, packets, carries, parent, client, server, seen, proxyHeader, tls, exchanges, stream, end }): Connection => ({
        kind,
        packets,
        client,
        end,
        ...(parent !== undefined && { parent }),
        ...(server && { server }),
        ...(seen !== undefined && { clientSeen: seen }),
        ...(proxyHeader && { proxyHeader }),
        ...(tls && { tls }),
        ...(exchanges.length > 0 && { exchanges }),
        ...(stream && { stream }),
        ...(carries.some((each) => each !== undefined) && { carries }),
      }),
    )
  }
}
