import { generateKeyPairSync, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import { Refusal, reasonOf } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import type { JsonWebKey } from '@alongside/kernel/jwk';
import { sha256 } from '@alongside/kernel/secrets';
import { steps } from '@alongside/kernel/steps';
import type { z } from 'zod';
import type { AuditLog } from '../../storage/audit.ts';
import type { CardExaminer, ExaminedCard } from '../card/examination.ts';
import type { Directory, PersonRecord } from '../directory/directory.ts';
import { errors } from '../errors.ts';
import type { Endings } from '../sessions/endings.ts';
import { type Session, sessionLimits } from '../sessions/session.ts';
import { legacyDesk, type Sessions } from '../sessions/sessions.ts';
import { inLegacyForm, xml } from './answers.ts';
import type { LegacyChallenges } from './challenges.ts';
import type { SignedChallenge } from './cms.ts';
import { type Asked, type Authentication, activation, authentication, readForm } from './forms.ts';
import { writeGpObject } from './gp-object.ts';
import type { LegacySigner } from './signer.ts';
import { decodeBase64, parseSmime } from './smime.ts';
import type { Tickets } from './tickets.ts';
import { validated } from './validated.ts';

export interface LegacySignInDeps {
  clock: Clock;
  challenges: LegacyChallenges;
  signer: LegacySigner;
  tickets: Tickets;
  examiner: CardExaminer;
  directory: Directory;
  sessions: Sessions;
  endings: Endings;
  recorder: Recorder;
  audit: AuditLog;
  /** Public address of CIS. */
  origin: string;
  sha1: boolean;
  requireTransport(known: { request: HttpRequest }): { caller: string };
}

interface Start {
  request: HttpRequest;
}

interface Validation extends Start {
  /** Whether a challenge was spent. Refusals before that are only counted. */
  trail: { spent: boolean };
}

const refused = (detail: string) => errors.legacyRefused(detail);

/** A key that nobody has: a session of this interface answers to its ticket alone, and to nothing that asks for a key. */
const nobodysKey = (): JsonWebKey =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }) as JsonWebKey;

/** `POST /login/authactivate` and `/login/authvalidate`: a card becomes a session and a ticket. */
export function legacySignInRoutes(deps: LegacySignInDeps): Route[] {
  const { clock, challenges, signer, tickets, examiner, directory, sessions, recorder, audit } = deps;

  /** Who asked for a challenge has to be who brings it back. */
  const askerOf = (form: Asked, caller: string) => [caller, form.log_session_id, form.device_id].join(' ');

  async function signatureOver(challenge: Buffer): Promise<Buffer> {
    const { buildSignedChallenge } = await import('./cms.ts');
    return buildSignedChallenge(challenge, (await signer.key()).cms);
  }

  const readActivation = (known: Start) => ({ form: readForm(known, activation) });

  async function answerChallenge({ form, caller }: { form: z.infer<typeof activation>; caller: string }) {
    const challenge = challenges.make(askerOf(form, caller));
    const parameters = [
      { name: 'log_session_id', value: form.log_session_id },
      { name: 'challenge', value: challenge.toString('base64') },
      { name: 'signature', value: (await signatureOver(challenge)).toString('base64') },
      { name: 'auth_method', value: form.auth_method },
      { name: 'app_url', value: form.app_url },
      { name: 'service', value: form.service },
    ];
    return xml(200, writeGpObject(parameters, `${deps.origin}/login/dtd`));
  }

  const readAuthentication = (known: Start) => ({ form: readForm(known, authentication) });

  async function spendChallenge({
    trail,
    form,
    caller,
  }: Validation & { form: Authentication; caller: string }) {
    let challenge: Buffer;
    let signature: Buffer;
    try {
      [challenge, signature] = [decodeBase64(form.challenge), decodeBase64(form.signature)];
    } catch (error) {
      throw errors.legacyInput('challenge or signature is not base64', {}, error);
    }
    // Its own signature comes back as it was given out; RSA over the same bytes is the same.
    const own = await signatureOver(challenge);
    if (own.length !== signature.length || !timingSafeEqual(own, signature))
      throw refused('the signature of the challenge is not ours');
    if (!(await challenges.spend(challenge, askerOf(form, caller))))
      throw refused('the challenge is not ours, of another asker, used or too old');
    trail.spent = true;
    return { challenge };
  }

  async function readResponse({ form }: { form: Authentication }) {
    const { parseSignedChallenge } = await import('./cms.ts');
    try {
      return { response: parseSignedChallenge(parseSmime(form.response)) };
    } catch (error) {
      throw errors.legacyInput(`response: ${reasonOf(error).slice(0, 200)}`, {}, error);
    }
  }

  async function examineCard(known: {
    form: Authentication;
    challenge: Buffer;
    response: SignedChallenge;
  }): Promise<{ card: ExaminedCard }> {
    const { form, challenge, response } = known;
    if (!response.content.equals(challenge)) throw refused('another challenge was signed');
    if (response.digest === 'sha1' && !deps.sha1) throw refused('SHA-1 is not switched on');
    try {
      const card = await examiner.examine({ ...response, message: challenge });
      if (card.uid !== form.uid) throw refused(`the card is of ${card.uid}, the request of ${form.uid}`);
      return { card };
    } catch (thrown) {
      // The one published text for every fault of a card; the log knows which.
      throw thrown instanceof Refusal ? refused(`${thrown.entry.id}: ${thrown.detail}`) : thrown;
    }
  }

  async function knownPerson(uid: string): Promise<PersonRecord> {
    const found = await directory.find(uid);
    if (!found || found.person.disabled) throw refused(`${uid} is unknown or disabled`);
    return found;
  }

  function newSession(
    form: Authentication,
    caller: string,
    card: ExaminedCard,
    found: PersonRecord,
  ): Session {
    const now = clock.now();
    return {
      id: randomToken(24),
      uid: card.uid,
      // One person at a desk, here as well: the desk is what the client calls itself.
      agentId: `${legacyDesk}${sha256(`${caller} ${form.device_id.split(',')[0]}`)}`,
      cardSerial: card.cardSerial,
      sessionKey: nobodysKey(),
      generation: 'hscn',
      mode: form.mobility === '1' ? 'mobility' : 'normal',
      roleId: found.person.roles.length === 1 ? (found.person.roles[0]?.roleId ?? null) : null,
      createdAt: now,
      pinAt: now,
      heartbeatAt: now,
      endsAt: now + sessionLimits.absolute,
      endedAt: null,
      endCause: null,
    };
  }

  async function openSession(known: { form: Authentication; caller: string; card: ExaminedCard }) {
    for (;;) {
      const found = await knownPerson(known.card.uid);
      const session = newSession(known.form, known.caller, known.card, found);
      const record = audit.recordStatement({
        actor: session.uid,
        action: 'cis.legacy-sign-in',
        target: session.id,
        session: session.id,
        outcome: 'ok',
        detail: { card: session.cardSerial },
      });
      const former = await sessions.open(session, found.revision, record);
      if (!former) continue;
      await deps.endings.announce(former);
      return { session, person: found.person };
    }
  }

  type Opened = Awaited<ReturnType<typeof openSession>>;

  function recordSignIn({ session }: Opened): void {
    recorder.record({
      keys: [session.id],
      from: 'identity-agent',
      to: 'cis',
      name: 'cis.legacy-sign-in',
      detail: { mode: session.mode },
    });
  }

  async function answerTicket({ form, session, person }: Opened & { form: Authentication }) {
    const ticket = await tickets.make(session.id);
    return xml(200, writeGpObject(validated(form, person, ticket, deps.origin), `${deps.origin}/login/dtd`));
  }

  const activating = steps<Start>().step(deps.requireTransport).step(readActivation).step(answerChallenge);
  const validating = steps<Validation>()
    .step(deps.requireTransport)
    .step(readAuthentication)
    .step(spendChallenge)
    .step(readResponse)
    .step(examineCard)
    .step(openSession)
    .step(recordSignIn)
    .step(answerTicket);

  async function validate(request: HttpRequest) {
    const trail = { spent: false };
    try {
      return await validating.run({ request, trail });
    } catch (thrown) {
      if (!trail.spent) audit.countUnproven('legacy-sign-in', request.address);
      else if (thrown instanceof Refusal && thrown.entry.id === 'cis.legacyRefused')
        await audit.recordAlone({
          actor: '',
          action: 'cis.legacy-sign-in',
          target: '',
          outcome: 'refused',
          detail: { why: thrown.detail.slice(0, 200) },
        });
      throw thrown;
    }
  }

  return [
    {
      methods: ['POST'],
      path: '/login/authactivate',
      endpoint: inLegacyForm((request) => activating.run({ request })),
    },
    { methods: ['POST'], path: '/login/authvalidate', endpoint: inLegacyForm(validate) },
  ];
}
