import { CardError } from '../card/card-client.ts';
import { type Card, CardStoreError, requireSeed } from '../card/card-record.ts';
import type { CardExport, CardStore } from '../card/card-store.ts';
import type { VirtualReader } from '../card/virtual-reader.ts';
import { type AgentStatus, methods, type SocketCard, type SocketErrorData } from '../protocol.ts';
import { ServerCallError } from '../server-call.ts';
import type { Agent } from '../session/agent.ts';
import { CisRefusal } from '../session/cis-client.ts';
import { RpcError, rpcCodes } from './json-rpc.ts';
import { aFlag, aText, may, need, only, refusedCode, type SocketMethod } from './method.ts';

const refused = (message: string, data: SocketErrorData): RpcError =>
  new RpcError(refusedCode, message, data);

const sentences: Readonly<Record<string, string>> = {
  wrong_pin: 'The PIN is wrong.',
  card_blocked: 'The PIN of this card is blocked.',
  no_open_question: 'There is no such question open.',
  unknown_role: 'The person does not have this role.',
  cis_unreachable: 'CIS does not answer.',
  card_removed: 'The card was taken out.',
  card_failed: 'The card could not sign.',
};

const noQuestion = (): RpcError => refused(sentences.no_open_question ?? '', { error: 'no_open_question' });

/** Converts errors of the card store, the card or CIS for the caller. */
function translated(error: unknown): unknown {
  if (error instanceof CardStoreError && error.code !== 'damaged_store')
    return refused(error.message, { error: error.code });
  if (error instanceof CardError) return refused(error.message, { error: 'card_removed' });
  if (error instanceof ServerCallError) return refused(error.message, { error: 'cis_unreachable' });
  if (error instanceof CisRefusal) return refused(error.message, { error: 'invalid_card' });
  return error;
}

export interface DevelopmentParts {
  agent: Agent;
  store: CardStore;
  /** Undefined if the agent has another reader. */
  reader: VirtualReader | undefined;
  /** Restores the seed. */
  reset(): Promise<void>;
}

async function settledStatus(agent: Agent): Promise<AgentStatus> {
  await agent.settled();
  return agent.status();
}

/** Answers the questions of the agent in the place of the user. */
const questionMethods = (agent: Agent): Record<string, SocketMethod> => ({
  [methods.answerPin]: async (params) => {
    only(params, 'pin', 'question');
    const pin = need(params, 'pin', aText);
    const open = agent.signature?.id ?? 'pin';
    const by = { from: 'console', keys: [] } as const;
    if ((may(params, 'question', aText) ?? open) !== open) throw noQuestion();
    const result =
      open === 'pin' ? await agent.answerPin(pin, by) : await agent.answerSignature(open, pin, by);
    if (result.ok) return settledStatus(agent);
    const { ok: _, ...data } = result;
    throw refused(sentences[data.error] ?? data.error, data);
  },
  [methods.question]: async (params) => {
    only(params);
    const { signature } = agent;
    if (!signature) throw noQuestion();
    const { id, wanted, digests } = signature;
    const { from, algorithm, documents } = wanted;
    const asked = { question: 'signature', id, from, documents: documents.length, algorithm, digests };
    return asked;
  },
  [methods.declineQuestion]: async (params) => {
    only(params);
    if (!agent.declineSignature(agent.signature?.id ?? '')) throw noQuestion();
    return settledStatus(agent);
  },
  [methods.answerRole]: async (params) => {
    only(params, 'roleId');
    const result = await agent.answerRole(need(params, 'roleId', aText));
    if (result.ok) return settledStatus(agent);
    throw refused(sentences[result.error] ?? result.error, { error: result.error });
  },
});

/** Handles virtual cards and their reader. */
function virtualCardMethods({ agent, store, reader, reset }: DevelopmentParts): Record<string, SocketMethod> {
  const shown = ({ certificates: _, persona, ...card }: Card): SocketCard => ({
    ...card,
    persona: persona ?? null,
    inserted: reader?.serial === card.serial,
  });
  const slot = (): VirtualReader => {
    if (!reader) throw refused('This agent has no virtual reader.', { error: 'no_virtual_reader' });
    return reader;
  };
  return {
    [methods.listCards]: async (params) => {
      only(params);
      return { cards: store.list().map(shown) };
    },
    [methods.addCard]: async (params) => {
      requireSeed(params);
      return shown(await store.add(params));
    },
    [methods.editCard]: async (params) => {
      only(params, 'card', 'pin', 'locked');
      const name = need(params, 'card', aText);
      const pin = may(params, 'pin', aText);
      const locked = may(params, 'locked', aFlag);
      const card = await store.edit(name, {
        ...(pin === undefined ? {} : { pin }),
        ...(locked === undefined ? {} : { locked }),
      });
      if (reader?.serial === card.serial) await agent.recount();
      return shown(card);
    },
    [methods.removeCard]: async (params) => {
      only(params, 'card');
      await store.remove(need(params, 'card', aText));
      await agent.settled();
      return {};
    },
    [methods.insertCard]: async (params) => {
      only(params, 'card');
      await slot().insert(need(params, 'card', aText));
      return settledStatus(agent);
    },
    [methods.takeCard]: async (params) => {
      only(params);
      slot().remove();
      return settledStatus(agent);
    },
    [methods.exportCards]: async (params) => {
      only(params);
      return store.exportAll();
    },
    [methods.importCards]: async (params) => {
      only(params, 'version', 'cards', 'add');
      const { version, cards } = params;
      if (!Array.isArray(cards))
        throw new RpcError(rpcCodes.invalidParams, 'The parameter "cards" must be a list.');
      const before: CardExport['cards'] = may(params, 'add', aFlag) ? store.exportAll().cards : [];
      await store.importAll({ version, cards: [...before, ...cards] });
      return settledStatus(agent).then(() => ({}));
    },
    [methods.reset]: async (params) => {
      only(params);
      await reset();
      return settledStatus(agent);
    },
  };
}

/** Actions of a user at a workstation, for the console, the command line and tests. */
export function developmentMethods(parts: DevelopmentParts): Record<string, SocketMethod> {
  const list = { ...questionMethods(parts.agent), ...virtualCardMethods(parts) };
  return Object.fromEntries(
    Object.entries(list).map(([name, method]): [string, SocketMethod] => [
      name,
      (params, caller) => method(params, caller).catch((error: unknown) => Promise.reject(translated(error))),
    ]),
  );
}
