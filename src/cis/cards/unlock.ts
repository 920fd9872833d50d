import { json, noContent } from '@alongside/kernel/answer';
import { isoTime } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Route } from '@alongside/kernel/http';
import { route, withSecrets } from '@alongside/kernel/route';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import { handler } from '../endpoint.ts';
import { errors } from '../errors.ts';
import { readCertificate } from '../examination/certificate.ts';
import { limitNetwork } from '../limits.ts';
import type { Mail } from '../mail/smtp.ts';
import {
  type Person,
  type PinState,
  pinStates,
  type UnlockAnswer,
  type UnlockCodeAnswer,
} from '../protocol.ts';
import { checkAgentProof } from '../sessions/agent-calls.ts';
import { base64, readBody } from '../shapes.ts';
import type { CardRow } from './card-row.ts';
import type { CardCall, CardServices } from './services.ts';
import { unlockCodes } from './unlock-codes.ts';

interface CardInReader {
  cis: CardServices;
  /** Serial of the card, or uid of its holder if the reader cannot read the serial. */
  serial: string;
  certificate?: Buffer | undefined;
}

/**
 * Checks that a card with a blocked PIN, which cannot sign, is in the reader of the agent: the agent sends the current
 * authentication certificate of the card, which no page, mail or print shows. This proves no person. Adds the serial of the card.
 */
const requireHeldCard = check(
  'held-card',
  async function requireHeldCard({ cis, serial: named, certificate: der }: CardInReader) {
    if (!der) throw errors.cardUnproven('there is no certificate');
    const { x509, serial } = await readCertificate(der).catch((error: unknown) => {
      throw errors.cardUnproven(reasonOf(error));
    });
    const own = (await cis.authorities.find('own'))?.certificate;
    if (!own || !x509.checkIssued(own) || !x509.verify(own.publicKey))
      throw errors.cardUnproven('another authority issued the certificate');
    const record = await cis.records.find(serial);
    if (!record || (named !== record.cardSerial && named !== record.uid))
      throw errors.cardUnproven(`the certificate does not belong to card ${named}`);
    const latest = (await cis.records.ofCards([record.cardSerial])).at(-1);
    if (latest?.serial !== serial)
      throw errors.cardUnproven(`it is not the latest certificate of card ${record.cardSerial}`);
    return { serial: record.cardSerial };
  },
);

/** A call for a card. `serial` is replaced by `requireHeldCard`. */
type UnlockCall = CardCall & { serial: string };

type HeldCall = UnlockCall & Passed<'rate-limit' | 'held-card' | 'agent-proof'> & { agentId: string };

// Optional, so that a missing certificate is 401 `card_unproven` instead of 400.
const certificate = base64(8_192).optional();
const heldShape = z.strictObject({ certificate });
const codeShape = z.strictObject({ certificate, code: z.string().regex(/^\d{8}$/, 'must be 8 digits') });
const pinShape = z.strictObject({ certificate, pin: z.enum(pinStates, 'must be "open" or "blocked"') });

const readHeld = ({ request }: UnlockCall) => readBody(request, heldShape);
const readCode = ({ request }: UnlockCall) => readBody(request, codeShape);
const readPinState = ({ request }: UnlockCall) => readBody(request, pinShape);

/** Returns the form of address: the display name in the directory starts with the family name. */
const salutation = ({ title, givenName, familyName, displayName }: Person): string =>
  familyName === '' ? displayName : [title, givenName, familyName].filter(Boolean).join(' ');

const unlockMail = (person: Person, serial: string, code: string, endsAt: number): Mail => ({
  to: person.email,
  subject: 'Your smartcard unlock code',
  text: [
    `Hello ${salutation(person)},`,
    '',
    `Your code to unlock the smartcard ending ${serial.slice(-4)} is: ${code}`,
    '',
    `It works once, until ${isoTime(endsAt).slice(11, 16)} UTC. Enter it where you asked for it and choose a new PIN.`,
    '',
    'If you did not ask for this, tell your Registration Authority. Never give this code to anybody.',
    '',
  ].join('\n'),
});

/** Returns the holder of a card, or the reason for the audit log why no code can be mailed. */
async function findAddressee(
  { cards, directory }: CardServices,
  serial: string,
): Promise<{ person: Person } | { why: string; uid: string }> {
  if (!(await cards.row(serial))) return { why: 'unknown', uid: '' };
  const { state, unlockable, uid } = await cards.find(serial);
  if (state !== 'active') return { why: state, uid };
  if (!unlockable) return { why: 'noUnblockingCode', uid };
  const person = (await directory.find(uid))?.person;
  if (!person || person.disabled) return { why: 'person', uid };
  return person.email === '' ? { why: 'noEmail', uid } : { person };
}

async function isOverLimit({ limiter, limits }: CardServices, serial: string, agentId: string) {
  return (
    (await limiter.over(`unlock-mail:${serial}:${agentId}`, limits.unlockMailsPerHour, 'hour')) ||
    (await limiter.over(`unlock-mail:${serial}`, limits.unlockMailsOfCardPerHour, 'hour'))
  );
}

/** Mails a code if possible. The response does not depend on it, so only the mailbox reveals the outcome. */
async function mailCode({ cis, serial, agentId }: HeldCall): Promise<void> {
  const { audit, codes } = cis;
  const request = { action: 'cis.unlock-code', target: serial } as const;
  const refuse = (actor: string, why: string) =>
    audit.recordAlone({ ...request, actor, outcome: 'refused', detail: { why } });
  const found = await findAddressee(cis, serial);
  if ('why' in found) return refuse(found.uid, found.why);
  const { person } = found;
  if (await isOverLimit(cis, serial, agentId)) return refuse(person.uid, 'tooMany');
  const isMailed = await codes.mail(
    { cardSerial: serial, agentId },
    (code) => unlockMail(person, serial, code, codes.endsAt),
    audit.recordStatement({ ...request, actor: person.uid, outcome: 'ok' }),
  );
  if (!isMailed) return refuse(person.uid, 'card');
  // The response does not wait for the mail server.
  cis.mails.begin();
  cis.recorder.record({
    keys: [`card ${serial}`],
    from: 'identity-agent',
    to: 'cis',
    name: 'cis.unlock-code',
  });
}

const answerMailed = () => json(202, { expiresIn: unlockCodes.lifetime } satisfies UnlockCodeAnswer);

async function findCard({ cis, serial }: HeldCall): Promise<{ card: CardRow }> {
  const card = await cis.cards.row(serial);
  if (!card) throw errors.codeExpired(`card ${serial} is unknown`);
  return { card };
}

const tryCode = check(
  'unlock-code',
  async function tryCode({ cis, card, code, agentId }: HeldCall & { card: CardRow; code: string }) {
    const { audit, codes, recorder } = cis;
    const entry = (result: 'right' | 'wrong' | 'expired') =>
      ({
        actor: card.uid,
        action: 'cis.unlock',
        target: card.serial,
        outcome: result === 'right' ? 'ok' : 'refused',
        detail: { code: result },
      }) as const;
    const outcome = await codes.try({ cardSerial: card.serial, agentId }, code, (result) =>
      audit.recordStatement(entry(result)),
    );
    const { result } = outcome;
    recorder.record({
      keys: [`card ${card.serial}`],
      from: 'identity-agent',
      to: 'cis',
      name: 'cis.unlock',
      outcome: result === 'right' ? 'ok' : 'refused',
      detail: { code: result },
    });
    if (result === 'expired') {
      await audit.recordAlone({ ...entry(result), outcome: 'refused' });
      throw errors.codeExpired(`card ${card.serial}`);
    }
    if (result === 'wrong')
      throw errors.wrongCode(`card ${card.serial}`, { attemptsLeft: outcome.attemptsLeft });
  },
);

const answerCode = ({ cis, card }: HeldCall & Passed<'unlock-code'> & { card: CardRow }) =>
  json(200, { unblockingCode: cis.cards.unblockingCodeOf(card) } satisfies UnlockAnswer);

/** Stores the reported state. No decision depends on it. */
async function storePinState({ cis, serial, pin, agentId }: HeldCall & { pin: PinState }) {
  const record = cis.audit.recordStatement({
    actor: agentId,
    action: pin === 'blocked' ? 'cis.card-blocked' : 'cis.card-unblocked',
    target: serial,
    outcome: 'ok',
  });
  await cis.cards.storePinState(serial, pin, record);
  return noContent();
}

const request = steps<UnlockCall>('cis.request-unlock-code')
  .step(limitNetwork('unlockCalls'))
  .step(readHeld)
  .step(requireHeldCard)
  .step(checkAgentProof)
  .step(mailCode)
  .step(answerMailed);
const unlock = steps<UnlockCall>('cis.unlock')
  .step(limitNetwork('unlockCalls'))
  .step(readCode)
  .step(requireHeldCard)
  .step(checkAgentProof)
  .step(findCard)
  .step(tryCode)
  .step(answerCode);
const pinState = steps<UnlockCall>('cis.pin-state')
  .step(limitNetwork('unlockCalls'))
  .step(readPinState)
  .step(requireHeldCard)
  .step(checkAgentProof)
  .step(storePinState);

/** Unlocks blocked cards with a code that is mailed to the holder. The agent's proof is stored, so the card is checked first. */
export function unlockRoutes(cis: CardServices): Route[] {
  const selfService = [
    ...route('/cards/:serial/unlock-code', { POST: handler(request, cis) }),
    ...route('/cards/:serial/unlock', { POST: handler(unlock, cis) }),
  ];
  return withSecrets('bodies', [
    ...(cis.selfService ? selfService : []),
    ...route('/cards/:serial/pin-state', { POST: handler(pinState, cis) }),
  ]);
}
