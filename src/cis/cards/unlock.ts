import { json, noContent } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { AuditLog } from '../../storage/audit.ts';
import { callerNetwork, pathPart } from '../address.ts';
import type { Directory } from '../directory/directory.ts';
import { errors } from '../errors.ts';
import { readBody } from '../json-body.ts';
import type { cisLimits, Limiter } from '../limiter.ts';
import type { MailSender } from '../mail/sender.ts';
import type { Person, PinStateRequest, UnlockAnswer, UnlockCodeAnswer, UnlockRequest } from '../protocol.ts';
import type { AgentCalls } from '../sessions/agent-calls.ts';
import type { CardRow } from './card-row.ts';
import type { Cards } from './cards.ts';
import { type UnlockCodes, unlockCodes } from './unlock-codes.ts';
import { unlockMail } from './unlock-mail.ts';

export interface UnlockDeps {
  cards: Cards;
  codes: UnlockCodes;
  directory: Directory;
  sender: MailSender;
  calls: AgentCalls;
  limiter: Limiter;
  limits: typeof cisLimits;
  recorder: Recorder;
  audit: AuditLog;
}

interface Start {
  request: HttpRequest;
}

const codeShape = z.strictObject({ code: z.string().regex(/^\d{8}$/, 'must be 8 digits') });
const pinShape = z.strictObject({ pin: z.enum(['open', 'blocked'], 'must be "open" or "blocked"') });

/** Self-service: a blocked card is opened by a code that its holder is mailed. */
export function unlockRoutes(deps: UnlockDeps): Route[] {
  const { cards, codes, directory, sender, calls, limiter, limits, recorder, audit } = deps;

  const readSerial = ({ request }: Start) => ({ serial: pathPart(request, 1) });

  const overLimit = (request: HttpRequest): Promise<boolean> =>
    limiter.over(`unlock:${callerNetwork(request.address)}`, limits.unlockCallsPerMinute, 'minute');

  /** Whom a code may be mailed to for this card; in words why nobody. */
  async function addressee(serial: string): Promise<{ person: Person } | { why: string; uid: string }> {
    const row = await cards.row(serial);
    if (!row) return { why: 'unknown', uid: '' };
    const { state, unlockable, uid } = await cards.find(serial);
    if (state !== 'active') return { why: state, uid };
    if (!unlockable) return { why: 'noUnblockingCode', uid };
    const person = (await directory.find(uid))?.person;
    if (!person || person.disabled) return { why: 'person', uid };
    return person.email === '' ? { why: 'noEmail', uid } : { person };
  }

  /** What comes of it is told to nobody who asks: only the mailbox shows it. */
  async function mailCode({ request, serial }: Start & { serial: string }): Promise<void> {
    if (await overLimit(request)) return;
    const found = await addressee(serial);
    const refuse = (actor: string, why: string) =>
      audit.write({
        actor,
        action: 'cis.unlock-code',
        target: serial,
        outcome: 'refused',
        detail: { why },
      });
    // A number that no card has leaves no trace: anybody can think of many.
    if ('why' in found) return found.why === 'unknown' ? undefined : refuse(found.uid, found.why);
    const { person } = found;
    if (await limiter.over(`unlock-mail:${serial}`, limits.unlockMailsPerHour, 'hour'))
      return refuse(person.uid, 'tooMany');
    const mailed = await codes.mail(serial, (code) => unlockMail(person, serial, code, codes.endsAt));
    if (!mailed) return refuse(person.uid, 'card');
    // The answer does not wait for the mail server.
    sender.begin();
    recorder.record({
      keys: [`card ${serial}`],
      from: 'identity-agent',
      to: 'cis',
      name: 'cis.unlock-code',
    });
    await audit.write({ actor: person.uid, action: 'cis.unlock-code', target: serial, outcome: 'ok' });
  }

  const answerMailed = () => json(202, { expiresIn: unlockCodes.lifetime } satisfies UnlockCodeAnswer);

  async function limitTries({ request }: Start): Promise<void> {
    if (await overLimit(request)) throw errors.tooManyRequests('unlock');
  }

  const readCode = ({ request }: Start): UnlockRequest => readBody(request, codeShape);

  /** A card that does not exist is told from a code that has ended by nobody. */
  async function findCard({ serial }: { serial: string }): Promise<{ row: CardRow }> {
    const row = await cards.row(serial);
    if (!row) throw errors.codeExpired(`card ${serial} is unknown`);
    return { row };
  }

  async function tryCode({ row, code }: { row: CardRow; code: string }): Promise<void> {
    const outcome = await codes.try(row, code);
    const right = outcome !== 'expired' && outcome.right;
    const detail = { name: right ? 'right' : outcome === 'expired' ? 'expired' : 'wrong' };
    recorder.record({
      keys: [`card ${row.serial}`],
      from: 'identity-agent',
      to: 'cis',
      name: 'cis.unlock',
      outcome: right ? 'ok' : 'refused',
      detail: { code: detail.name },
    });
    await audit.write({
      actor: row.uid,
      action: 'cis.unlock',
      target: row.serial,
      outcome: right ? 'ok' : 'refused',
      detail: { code: detail.name },
    });
    if (outcome === 'expired') throw errors.codeExpired(`card ${row.serial}`);
    if (!outcome.right) throw errors.wrongCode(`card ${row.serial}`, { attemptsLeft: outcome.attemptsLeft });
  }

  function answerCode({ row }: { row: CardRow }) {
    const unblockingCode = cards.unblockingCodeOf(row);
    if (unblockingCode === undefined) throw errors.unblockingCodeUnknown(`card ${row.serial}`);
    return json(200, { unblockingCode } satisfies UnlockAnswer);
  }

  const readPinState = ({ request }: Start): PinStateRequest => readBody(request, pinShape);

  /** For the record only: any agent may say it of any card, and nothing is decided by it. */
  async function keepPinState(known: PinStateRequest & { serial: string; agentId: string }) {
    const { serial, pin, agentId } = known;
    if (await cards.pinIs(serial, pin))
      await audit.write({
        actor: agentId,
        action: pin === 'blocked' ? 'cis.card-blocked' : 'cis.card-unblocked',
        target: serial,
        outcome: 'ok',
      });
    return noContent();
  }

  const mailing = steps<Start>().step(readSerial).step(mailCode).step(answerMailed);
  const unlocking = steps<Start>()
    .step(limitTries)
    .step(readSerial)
    .step(readCode)
    .step(findCard)
    .step(tryCode)
    .step(answerCode);
  const pin = steps<Start>()
    .step(limitTries)
    .step(readSerial)
    .step(readPinState)
    .step(calls.checkAgentProof)
    .step(keepPinState);
  return [
    {
      methods: ['POST'],
      path: '/cards/:serial/unlock-code',
      endpoint: (request) => mailing.run({ request }),
    },
    { methods: ['POST'], path: '/cards/:serial/unlock', endpoint: (request) => unlocking.run({ request }) },
    { methods: ['POST'], path: '/cards/:serial/pin-state', endpoint: (request) => pin.run({ request }) },
  ];
}
