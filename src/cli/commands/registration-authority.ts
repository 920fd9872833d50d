import { UsageError } from '@alongside/kernel/operator';
import type { CardRecord } from '../../cis/protocol.ts';
import { allPages } from '../../kit/console-api.ts';
import { noSuch } from '../../kit/known.ts';
import { type ConsoleCall, consoleCommand, listing, text, yes } from '../command.ts';

const actFlags = { actor: text, reason: text, locked: yes };

/** Formats the validity of a card's certificate. */
function validityOf({ notAfter, renewable, revokedAt, revocationReason }: CardRecord): string {
  if (revokedAt !== null) return `since ${revokedAt}, ${revocationReason ?? 'unspecified'}`;
  if (notAfter === null) return '';
  return `until ${notAfter}${renewable ? ', may be renewed' : ''}`;
}

const cardRow = (card: CardRecord): string[] => [
  card.serial,
  card.uid,
  card.state,
  card.pin === 'blocked' ? 'PIN blocked' : '',
  validityOf(card),
];

/** Returns the responsible officer. */
function actorOf({ flags: { actor } }: ConsoleCall<typeof actFlags>): string {
  if (actor === undefined)
    throw new UsageError('Name the officer: --actor P, a person with a role that allows it.');
  return actor;
}

const lockedOf = ({ flags }: ConsoleCall<typeof actFlags>) => (flags.locked ? { locked: true } : {});

const noCard = (serial: string): string =>
  `There is no card ${serial}: alongside registration-authority list names them.`;

export const registrationAuthority = consoleCommand({
  name: 'registration-authority',
  flags: actFlags,
  actions: {
    list: {
      words: '[P]',
      help: 'cards and their states; of one person',
      async run({ api }, person?: string) {
        const missing = noSuch('person', person ?? '');
        const pages = await allPages((after) =>
          api.mustFind(missing, 'GET', '/registration-authority/cards', { query: { after, person } }),
        );
        const cards = pages.flatMap((page) => page.cards);
        const none = 'CIS has no card record yet: it records a virtual card when it is first inserted.';
        return listing({ cards }, cards.map(cardRow), none);
      },
    },
    order: {
      words: 'P',
      help: [
        ['--actor P', 'order a card for a person'],
        ['  --locked', 'with a blocked PIN, which the user unlocks by self-service'],
      ],
      async run(call, person) {
        const card = await call.api.mustFind(
          noSuch('person', person),
          'POST',
          '/registration-authority/cards',
          {
            body: {
              actor: actorOf(call),
              person,
              ...lockedOf(call),
            },
          },
        );
        return { json: card, lines: [`Card ${card.serial} is ordered for ${card.uid}.`] };
      },
    },
    revoke: {
      words: 'SERIAL',
      help: [['--actor P', '--reason keyCompromise, superseded, privilegeWithdrawn …']],
      async run(call, serial) {
        const body = { actor: actorOf(call), reason: call.flags.reason ?? 'unspecified' };
        const card = await call.api.mustFind(
          noCard(serial),
          'POST',
          '/registration-authority/cards/{serial}/revoke',
          { path: { serial }, body },
        );
        return { json: card, lines: [`Card ${card.serial} is revoked; its sessions have ended.`] };
      },
    },
    replace: {
      words: 'SERIAL',
      help: [['--actor P', 'order a card in its place and revoke it']],
      async run(call, serial) {
        const reason = call.flags.reason ?? 'superseded';
        const body = { actor: actorOf(call), reason, ...lockedOf(call) };
        const card = await call.api.mustFind(
          noCard(serial),
          'POST',
          '/registration-authority/cards/{serial}/replace',
          { path: { serial }, body },
        );
        return { json: card, lines: [`Card ${card.serial} replaces ${serial}, which is revoked.`] };
      },
    },
    renew: {
      words: 'SERIAL',
      help: [['--actor P', 'let it renew its certificates, also before their last 90 days']],
      async run(call, serial) {
        const card = await call.api.mustFind(
          noCard(serial),
          'POST',
          '/registration-authority/cards/{serial}/renew',
          { path: { serial }, body: { actor: actorOf(call) } },
        );
        return {
          json: card,
          lines: [`Card ${card.serial} can be renewed at a workstation within the next day.`],
        };
      },
    },
    unblock: {
      words: 'SERIAL',
      help: [['--actor P', 'the code that unblocks its PIN']],
      async run(call, serial) {
        const found = await call.api.mustFind(
          noCard(serial),
          'POST',
          '/registration-authority/cards/{serial}/unblock',
          { path: { serial }, body: { actor: actorOf(call) } },
        );
        return {
          json: found,
          lines: [found.unblockingCode],
          notes: ['Enter it in place of the PIN, then a new PIN.'],
        };
      },
    },
  },
  notes: ['--actor P is the responsible officer, by persona or uid: a role must allow the act.'],
  examples: ['alongside registration-authority replace 0123456789 --actor admin'],
});
