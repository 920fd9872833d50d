import { json, noContent } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { AuditLog } from '../../storage/audit.ts';
import { pathPart } from '../address.ts';
import type { Directory } from '../directory/directory.ts';
import { errors } from '../errors.ts';
import { readBody } from '../json-body.ts';
import type { cisLimits, Limiter } from '../limiter.ts';
import type { MailSender } from '../mail/sender.ts';
import type { CisNetworkLimits } from '../network-limits.ts';
import type { Person, PinState, UnlockAnswer, UnlockCodeAnswer } from '../protocol.ts';
import type { AgentCalls } from '../sessions/agent-calls.ts';
import { base64 } from '../shapes.ts';
import type { CardRow } from './card-row.ts';
import type { Cards } from './cards.ts';
import type { HeldCards } from './held-cards.ts';
import { type UnlockCodes, unlockCodes } from './unlock-codes.ts';
import { unlockMail } from './unlock-mail.ts';

export interface UnlockDeps {
  cards: Cards;
  codes: UnlockCodes;
  held: HeldCards;
  directory: Directory;
  sender: MailSender;
  calls: AgentCalls;
  limiter: Limiter;
  networks: CisNetworkLimits;
  limits: typeof cisLimits;
  recorder: Recorder;
  audit: AuditLog;
  /** Whether holders unlock their cards by a mailed code. */
  selfService: boolean;
}

interface Start {
  request: HttpRequest;
}

/** A call of an agent with the card in its reader. */
interface Held extends Start {
  serial: string;
  agentId: string;
}

// Missing, it is no proof: 401, and not a malformed request.
const certificate = base64(8_192).optional();
const heldShape = z.strictObject({ certificate });
const codeShape = z.strictObject({ certificate, code: z.string().regex(/^\d{8}$/, 'must be 8 digits') });
const pinShape = z.strictObject({
  certificate,
  pin: z.enum(['open', 'blocked'], 'must be "open" or "blocked"'),
});

/** Self-service: a blocked card is opened by a code that its holder is mailed. */
export function unlockRoutes(deps: UnlockDeps): Route[] {
  const { cards, codes, held, directory, sender, calls, limiter, limits, networks } = deps;
  const { recorder, audit, selfService } = deps;

  const readSerial = ({ request }: Start) => ({ serial: pathPart(request, 1) });

  async function limitCalls({ request }: Start): Promise<void> {
    if (!(await networks.unlockCalls.admits(request.address))) throw errors.tooManyRequests('unlock');
  }

  /** Changes nothing for who does not have the card: comes before the agent's proof, whose id is kept. */
  const requireCard = async (known: { serial: string; certificate?: Buffer | undefined }) => ({
    serial: await held.require(known.serial, known.certificate),
  });

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
  async function mailCode({ serial, agentId }: Held): Promise<void> {
    const found = await addressee(serial);
    const request = { action: 'cis.unlock-code', target: serial } as const;
    const refuse = (actor: string, why: string) =>
      audit.recordAlone({ ...request, actor, outcome: 'refused', detail: { why } });
    if ('why' in found) return refuse(found.uid, found.why);
    const { person } = found;
    const tooMany =
      (await limiter.over(`unlock-mail:${serial}:${agentId}`, limits.unlockMailsPerHour, 'hour')) ||
      (await limiter.over(`unlock-mail:${serial}`, limits.unlockMailsOfCardPerHour, 'hour'));
    if (tooMany) return refuse(person.uid, 'tooMany');
    const mailed = await codes.mail(
      { cardSerial: serial, agentId },
      (code) => unlockMail(person, serial, code, codes.endsAt),
      audit.recordStatement({ ...request, actor: person.uid, outcome: 'ok' }),
    );
    if (!mailed) return refuse(person.uid, 'card');
    // The answer does not wait for the mail server.
    sender.begin();
    recorder.record({
      keys: [`card ${serial}`],
      from: 'identity-agent',
      to: 'cis',
      name: 'cis.unlock-code',
    });
  }

  const answerMailed = () => json(202, { expiresIn: unlockCodes.lifetime } satisfies UnlockCodeAnswer);

  const readHeld = ({ request }: Start) => readBody(request, heldShape);
  const readCode = ({ request }: Start) => readBody(request, codeShape);

  async function findCard({ serial }: { serial: string }): Promise<{ row: CardRow }> {
    const row = await cards.row(serial);
    if (!row) throw errors.codeExpired(`card ${serial} is unknown`);
    return { row };
  }

  async function tryCode({ row, code, agentId }: Held & { row: CardRow; code: string }): Promise<void> {
    const entry = (code: 'right' | 'wrong' | 'expired') =>
      ({
        actor: row.uid,
        action: 'cis.unlock',
        target: row.serial,
        outcome: code === 'right' ? 'ok' : 'refused',
        detail: { code },
      }) as const;
    const outcome = await codes.try({ cardSerial: row.serial, agentId }, code, (result) =>
      audit.recordStatement(entry(result)),
    );
    const right = outcome !== 'expired' && outcome.right;
    recorder.record({
      keys: [`card ${row.serial}`],
      from: 'identity-agent',
      to: 'cis',
      name: 'cis.unlock',
      outcome: right ? 'ok' : 'refused',
      detail: { code: right ? 'right' : outcome === 'expired' ? 'expired' : 'wrong' },
    });
    if (outcome === 'expired') {
      await audit.recordAlone({ ...entry('expired'), outcome: 'refused' });
      throw errors.codeExpired(`card ${row.serial}`);
    }
    if (!outcome.right) throw errors.wrongCode(`card ${row.serial}`, { attemptsLeft: outcome.attemptsLeft });
  }

  function answerCode({ row }: { row: CardRow }) {
    const unblockingCode = cards.unblockingCodeOf(row);
    if (unblockingCode === undefined) throw errors.unblockingCodeUnknown(`card ${row.serial}`);
    return json(200, { unblockingCode } satisfies UnlockAnswer);
  }

  const readPinState = ({ request }: Start) => readBody(request, pinShape);

  /** For the record only: nothing is decided by it. */
  async function keepPinState({ serial, pin, agentId }: Held & { pin: PinState }) {
    const record = audit.recordStatement({
      actor: agentId,
      action: pin === 'blocked' ? 'cis.card-blocked' : 'cis.card-unblocked',
      target: serial,
      outcome: 'ok',
    });
    await cards.pinIs(serial, pin, record);
    return noContent();
  }

  const called = steps<Start>().step(limitCalls).step(readSerial);
  const mailing = called
    .step(readHeld)
    .step(requireCard)
    .step(calls.checkAgentProof)
    .step(mailCode)
    .step(answerMailed);
  const unlocking = called
    .step(readCode)
    .step(requireCard)
    .step(calls.checkAgentProof)
    .step(findCard)
    .step(tryCode)
    .step(answerCode);
  const pin = called.step(readPinState).step(requireCard).step(calls.checkAgentProof).step(keepPinState);
  const selfServiceRoutes: Route[] = [
    {
      methods: ['POST'],
      path: '/cards/:serial/unlock-code',
      endpoint: (request) => mailing.run({ request }),
    },
    { methods: ['POST'], path: '/cards/:serial/unlock', endpoint: (request) => unlocking.run({ request }) },
  ];
  return [
    ...(selfService ? selfServiceRoutes : []),
    { methods: ['POST'], path: '/cards/:serial/pin-state', endpoint: (request) => pin.run({ request }) },
  ];
}
