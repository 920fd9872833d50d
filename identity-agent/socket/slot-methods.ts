import type { CertificateIssuer } from '../card/card-issue.ts';
import { CardStoreError } from '../card/card-record.ts';
import type { CardStore } from '../card/card-store.ts';
import { PivApplet } from '../card/piv-applet.ts';
import { methods } from '../protocol.ts';
import { RpcError } from './json-rpc.ts';
import { anApdu, aText, type Caller, need, only, refusedCode, type SocketMethod } from './method.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/**
 * Lets a client power a virtual card and send it commands, for a slot elsewhere. Each connection powers one card, and its PIN
 * attempts are shared with the card in the agent's own reader.
 */
export function slotMethods(store: CardStore, issuer: CertificateIssuer): Record<string, SocketMethod> {
  const powered = new WeakMap<Caller, PivApplet>();
  const refused = (message: string, error: 'unknown_card' | 'cis_unreachable' | 'no_card'): RpcError =>
    new RpcError(refusedCode, message, { error });
  return {
    [methods.powerCard]: async (params, caller) => {
      only(params, 'card');
      const name = need(params, 'card', aText);
      try {
        const { serial } = await store.ensureKeys(name, issuer);
        const applet = new PivApplet(store.memory(serial));
        powered.set(caller, applet);
        return { serial, atr: hex(applet.atr) };
      } catch (error) {
        if (error instanceof CardStoreError && error.code === 'unknown_card')
          throw refused(error.message, error.code);
        throw refused('CIS does not certify this card.', 'cis_unreachable');
      }
    },
    [methods.cardCommand]: async (params, caller) => {
      only(params, 'apdu');
      const apdu = need(params, 'apdu', anApdu);
      const applet = powered.get(caller);
      if (!applet) throw refused('This connection has no card under power.', 'no_card');
      return { apdu: hex(await applet.transmit(apdu)) };
    },
  };
}
