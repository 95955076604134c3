import { type Ipvs, socketText } from '../core/kernel/ipvs/ipvs.ts'
import { serversOf } from '../core/kernel/ipvs/print.ts'
import { type IpvsConnection, type IpvsState, NO_IPVS_STATE } from '../core/kernel/ipvs/state.ts'

/** What ipvsadm lists, as data: it has no JSON of its own, so keys are its column heads. */
export const serviceRows = (ipvs: Ipvs, state: IpvsState = NO_IPVS_STATE): readonly object[] =>
  [...ipvs.virtualServers()].map((service) => ({
    protocol: service.protocol,
    virtual: socketText(service.address, service.port),
    scheduler: service.scheduler,
    ...(service.persistentSeconds !== undefined && { persistent: service.persistentSeconds }),
    servers: serversOf(service, state).map(({ name, weight, active, inactive }) => ({
      server: name,
      forward: 'Masq',
      weight,
      active,
      inactive,
    })),
  }))

export const connectionRows = ({ connections }: IpvsState, now: number): readonly object[] =>
  [...connections.values()].filter(({ expires }) => expires > now).map((connection) => connectionRow(connection, now))

const connectionRow = (
  { protocol, state, expires, client, clientPort, virtual, virtualPort, server, serverPort }: IpvsConnection,
  now: number,
) => ({
  protocol,
  expire: Math.floor(expires - now),
  state,
  source: socketText(client, clientPort),
  virtual: socketText(virtual, virtualPort),
  destination: socketText(server, serverPort),
})
