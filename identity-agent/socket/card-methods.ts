import { type CardActError, methods } from '../protocol.ts';
import type { Agent } from '../session/agent.ts';
import { type CardActResult, cardActSentence } from '../session/card-acts.ts';
import type { RenewalResult } from '../session/card-renewal.ts';
import { RpcError } from './json-rpc.ts';
import { aPin, need, only, refusedCode, type SocketMethod } from './method.ts';

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
