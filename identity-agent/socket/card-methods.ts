import type { CertificateIssuer } from '../card/card-issue.ts';
import { CardStoreError } from '../card/card-record.ts';
import type { CardStore } from '../card/card-store.ts';
import { PivApplet } from '../card/piv-applet.ts';
import { type CardActError, methods } from '../protocol.ts';
import type { Agent } from '../session/agent.ts';
import { type CardActResult, cardActSentence } from '../session/card-acts.ts';
import type { RenewalResult } from '../session/card-renewal.ts';
import { RpcError } from './json-rpc.ts';
import { anApdu, aPin, aText, type Caller, need, only, refusedCode, type SocketMethod } from './method.ts';

function refusal(result: Extract<CardActResult | RenewalResult, { ok: false }>): RpcError {
  const error: CardActError = result.error;
  const sentence = 'sentence' in result ? result.sentence : cardActSentence(error);
  return new RpcError(refusedCode, sentence, {
    error,
    ...('attemptsLeft' in result ? { attemptsLeft: result.attemptsLeft } : {}),
  });
}

/** Operations on the card in the reader. Any program of the same user may call them. */
export function cardMethods(agent: Agent): Record<string, SocketMethod> {
  const done = async (act: Promise<CardActResult | RenewalResult>) => {
    const result = await act;
    if (!result.ok) throw refusal(result);
    await agent.settled();
    return agent.status();
  };
  return {
    [methods.changePin]: async (params) => {
      only(params, 'pin', 'newPin');
      return done(agent.changePin(need(params, 'pin', aPin), need(params, 'newPin', aPin)));
    },
    [methods.unblockPin]: async (params) => {
      only(params, 'unblockingCode', 'newPin');
      return done(agent.unblockPin(need(params, 'unblockingCode', aPin), need(params, 'newPin', aPin)));
    },
    [methods.requestUnlockCode]: async (params) => {
      only(params);
      await done(agent.requestUnlockCode());
      return {};
    },
    [methods.unlockCard]: async (params) => {
      only(params, 'code', 'newPin');
      return done(agent.unlockCard(need(params, 'code', aPin), need(params, 'newPin', aPin)));
    },
    [methods.renewCard]: async (params) => {
      only(params);
      return done(agent.renewCard());
    },
  };
}

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
