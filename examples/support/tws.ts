/** Where the IBKR examples connect: the simulated gateway, unless `--host` or `--port` names a real paper one. */
import { parseArgs } from 'node:util'
import { TwsGateway } from 'tradewire/testing'

/** A TWS to talk to, and how to end it. */
export interface TwsAtHand {
  readonly host: string
  readonly port: number
  readonly clientId: number
  readonly isSimulated: boolean
  close(): Promise<void>
}

/** Reads `--host`, `--port` and `--client-id`; opens a simulated gateway where neither of the first two is given. */
export async function openTws(): Promise<TwsAtHand> {
  const { values } = parseArgs({
    options: { host: { type: 'string' }, port: { type: 'string' }, 'client-id': { type: 'string', default: '1' } },
  })
  const clientId = Number(values['client-id'])
  if (values.host !== undefined || values.port !== undefined)
    return {
      host: values.host ?? '127.0.0.1',
      port: Number(values.port ?? 7497),
      clientId,
      isSimulated: false,
      close: async () => {},
    }
  const gateway = await TwsGateway.open({ quoteIntervalMs: 50 })
  return { host: '127.0.0.1', port: gateway.port, clientId, isSimulated: true, close: () => gateway.close() }
}
