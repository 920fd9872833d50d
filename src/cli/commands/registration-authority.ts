import { readFlags } from '@alongside/kernel/config';
import { UsageError } from '@alongside/kernel/operator';
import { z } from 'zod';
import type { CardRecord, CardsAnswer, UnlockAnswer } from '../../cis/protocol.ts';
import { type Command, choose, noMore, type Output, word } from '../command.ts';
import { InstanceApi, instanceFlags } from '../instance.ts';
import { columns } from '../output.ts';

interface Call {
  api: InstanceApi;
  flags: { actor?: string; reason?: string; locked?: boolean };
  words: string[];
  json: boolean;
  out: Output;
}

const root = '/registration-authority/cards';
const at = (serial: string, act: string): string => `${root}/${encodeURIComponent(serial)}/${act}`;
const missing = (serial: string): string =>
  `There is no card ${serial}: alongside registration-authority list names them.`;

/** Returns the officer who is responsible for the act. */
function actorOf({ flags }: Call): string {
  if (flags.actor === undefined)
    throw new UsageError('Name the officer: --actor P, a person with a role that allows it.');
  return flags.actor;
}

/** Formats the validity of a card's certificate. */
function termOf({ notAfter, renewable, revokedAt, revocationReason }: CardRecord): string {
  if (revokedAt !== null) return `since ${revokedAt}, ${revocationReason ?? 'unspecified'}`;
  if (notAfter === null) return '';
  return `until ${notAfter}${renewable ? ', may be renewed' : ''}`;
}

const stateOf = (card: CardRecord): string[] => [
  card.state,
  card.pin === 'blocked' ? 'PIN blocked' : '',
  termOf(card),
];

async function list({ api, words, json, out }: Call): Promise<void> {
  const person = words[1];
  noMore(words, 2);
  const cards: CardRecord[] = [];
  let after = '';
  do {
    const query = new URLSearchParams({ after, ...(person === undefined ? {} : { person }) });
    const page = await api.must<CardsAnswer>('GET', `${root}?${query}`);
    cards.push(...page.cards);
    after = page.next ?? '';
  } while (after !== '');
  if (json) return out.json({ cards });
  if (cards.length === 0)
    out.note('CIS keeps no card yet: a virtual one is known from its first insertion on.');
  for (const line of columns(cards.map((card) => [card.serial, card.uid, ...stateOf(card)]))) out.line(line);
}

async function order(call: Call): Promise<void> {
  const { api, flags, words, json, out } = call;
  const person = word(words, 1, 'for whom: alongside registration-authority order gp --actor P');
  noMore(words, 2);
  const locked = flags.locked ? { locked: true } : {};
  const card = await api.must<CardRecord>('POST', root, { actor: actorOf(call), person, ...locked });
  if (json) return out.json(card);
  out.line(`Card ${card.serial} is ordered for ${card.uid}.`);
}

async function revoke(call: Call): Promise<void> {
  const { api, flags, words, json, out } = call;
  const serial = word(words, 1, 'which: alongside registration-authority revoke SERIAL --actor P');
  noMore(words, 2);
  const body = { actor: actorOf(call), reason: flags.reason ?? 'unspecified' };
  const card = await api.mustFind<CardRecord>(missing(serial), 'POST', at(serial, 'revoke'), body);
  if (json) return out.json(card);
  out.line(`Card ${card.serial} is revoked; its sessions have ended.`);
}

async function replace(call: Call): Promise<void> {
  const { api, flags, words, json, out } = call;
  const serial = word(words, 1, 'which: alongside registration-authority replace SERIAL --actor P');
  noMore(words, 2);
  const locked = flags.locked ? { locked: true } : {};
  const body = { actor: actorOf(call), reason: flags.reason ?? 'superseded', ...locked };
  const card = await api.mustFind<CardRecord>(missing(serial), 'POST', at(serial, 'replace'), body);
  if (json) return out.json(card);
  out.line(`Card ${card.serial} takes the place of ${serial}, which is revoked.`);
}

async function renew(call: Call): Promise<void> {
  const { api, words, json, out } = call;
  const serial = word(words, 1, 'which: alongside registration-authority renew SERIAL --actor P');
  noMore(words, 2);
  const body = { actor: actorOf(call) };
  const card = await api.mustFind<CardRecord>(missing(serial), 'POST', at(serial, 'renew'), body);
  if (json) return out.json(card);
  out.line(`Card ${card.serial} can be renewed at a workstation within the next day.`);
}

async function unblock(call: Call): Promise<void> {
  const { api, words, json, out } = call;
  const serial = word(words, 1, 'which: alongside registration-authority unblock SERIAL --actor P');
  noMore(words, 2);
  const body = { actor: actorOf(call) };
  const found = await api.mustFind<UnlockAnswer>(missing(serial), 'POST', at(serial, 'unblock'), body);
  if (json) return out.json(found);
  out.line(found.unblockingCode);
  out.note('The card takes it in place of its PIN, and then a new PIN.');
}

const calls = { list, order, revoke, replace, renew, unblock };

export const registrationAuthority: Command = {
  name: 'registration-authority',
  summary: 'cards as CIS keeps them: order, revoke, replace, renew, unblock; every act is audited',
  help: [
    'alongside registration-authority list [P]                  cards and their states; of one person',
    'alongside registration-authority order P --actor P         --locked: with a blocked PIN, opened by self-service',
    'alongside registration-authority revoke SERIAL --actor P   --reason keyCompromise, superseded, privilegeWithdrawn …',
    'alongside registration-authority replace SERIAL --actor P',
    'alongside registration-authority renew SERIAL --actor P    outside the last 90 days, too',
    'alongside registration-authority unblock SERIAL --actor P  the code that opens the PIN',
    '  --actor P                                                  who does it, by persona or uid: a role must allow it',
  ],
  async run({ argv, out }) {
    const own = {
      actor: z.string().optional(),
      reason: z.string().optional(),
      locked: z.boolean().optional(),
    };
    const { flags, words } = readFlags({ ...instanceFlags, ...own }, argv);
    const call = choose(calls, words, 'registration-authority');
    await call({ api: new InstanceApi(flags), flags, words, json: flags.json === true, out });
    return 0;
  },
};
