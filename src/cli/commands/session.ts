import { readFlags } from '@alongside/kernel/config';
import type { DeliveriesAnswer, DeliveryAnswer, SessionsAnswer } from '../../cis2/protocol.ts';
import { type Command, choose, noMore, type Output, word } from '../command.ts';
import { InstanceApi, instanceFlags } from '../instance.ts';
import { columns } from '../output.ts';

interface Call {
  api: InstanceApi;
  words: string[];
  json: boolean;
  out: Output;
}

async function list({ api, words, json, out }: Call): Promise<void> {
  const person = words[1];
  noMore(words, 2);
  const query = person === undefined ? '' : `?person=${encodeURIComponent(person)}`;
  const found = await api.must<SessionsAnswer>('GET', `/sessions${query}`);
  if (json) return out.json(found);
  if (found.sessions.length === 0) out.note('No user is signed in.');
  const rows = found.sessions.map(({ sid, uid, authenticator, level, clients, activeAt }) => [
    ...[sid, uid, authenticator, `AAL${level}`, `used ${activeAt}`],
    `${clients.length} ${clients.length === 1 ? 'client' : 'clients'}`,
  ]);
  for (const line of columns(rows)) out.line(line);
}

async function end({ api, words, json, out }: Call): Promise<void> {
  const sid = word(words, 1, 'which: alongside session list names them');
  noMore(words, 2);
  await api.mustFind(`There is no live session ${sid}.`, 'DELETE', `/sessions/${encodeURIComponent(sid)}`);
  if (json) return out.json({ ended: sid });
  out.line(`Session ${sid} has ended. Its relying parties are notified.`);
}

const deliveryRow = ({ id, clientId, cause, state, attempts, result }: DeliveryAnswer): string[] => [
  ...[id, clientId, cause, state, `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`, result],
];

async function deliveries({ api, words, json, out }: Call): Promise<void> {
  noMore(words, 1);
  const found = await api.must<DeliveriesAnswer>('GET', '/logout-deliveries');
  if (json) return out.json(found);
  if (found.deliveries.length === 0) out.note('No relying party was notified in the last seven days.');
  for (const line of columns(found.deliveries.map(deliveryRow))) out.line(line);
}

async function sendAgain({ api, words, json, out }: Call): Promise<void> {
  const id = word(words, 1, 'which: alongside session deliveries names them');
  noMore(words, 2);
  const where = `/logout-deliveries/${encodeURIComponent(id)}/send`;
  const sent = await api.mustFind<DeliveryAnswer>(`There is no delivery ${id}.`, 'POST', where);
  if (json) return out.json(sent);
  for (const line of columns([deliveryRow(sent)])) out.line(line);
}

const calls = { list, end, deliveries, 'send-again': sendAgain };

export const session: Command = {
  name: 'session',
  summary: 'who is signed in at CIS2, and the back-channel logout messages of ended sessions',
  help: [
    'alongside session list [P]          live sessions; of one person, by persona or uid',
    'alongside session end SID           end a session, notify its relying parties, invalidate its tokens',
    'alongside session deliveries        show notifications of ended sessions and their results',
    'alongside session send-again ID     the message of a delivery once more',
  ],
  async run({ argv, out }) {
    const { flags, words } = readFlags(instanceFlags, argv);
    const call = choose(calls, words, 'session');
    await call({ api: new InstanceApi(flags), words, json: flags.json === true, out });
    return 0;
  },
};
