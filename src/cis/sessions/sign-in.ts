import { json } from '@alongside/kernel/answer';
import { isoTime, seconds } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import { type HttpRequest, plainError, type Route } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { thumbprint } from '@alongside/kernel/jws';
import type { SigningKeys } from '@alongside/kernel/keys';
import { route } from '@alongside/kernel/route';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { AuditLog } from '../../storage/audit.ts';
import type { Directory, PersonRecord } from '../directory/directory.ts';
import type { Call } from '../endpoint.ts';
import { errors } from '../errors.ts';
import { type CardCertificate, readCertificate } from '../examination/certificate.ts';
import type { CardExaminer, ExaminedCard } from '../examination/examiner.ts';
import { type CisNetworkLimits, limitNetwork } from '../limits.ts';
import {
  generations,
  type Person,
  type SignInAnswer,
  sessionCertificateType,
  sessionModes,
  signInMessage,
} from '../protocol.ts';
import { cardSignature, challenge, p256Key, readBody } from '../shapes.ts';
import { checkAgentProof, type ProofDependencies } from './agent-calls.ts';
import type { Challenges } from './challenge.ts';
import type { Endings } from './endings.ts';
import { heartbeatEvery, type Session, sessionLimits } from './session.ts';
import type { EndedSession, Sessions } from './sessions.ts';

interface SignInDependencies extends ProofDependencies {
  challenges: Challenges;
  examiner: CardExaminer;
  directory: Directory;
  sessions: Sessions;
  endings: Endings;
  networks: CisNetworkLimits;
  keys: SigningKeys;
  recorder: Recorder;
  audit: AuditLog;
}

const shape = z.strictObject({
  ...cardSignature,
  challenge,
  sessionKey: p256Key,
  agentId: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be the thumbprint of a key'),
  generation: z.enum(generations, `must be of ${generations.join(', ')}`),
  mode: z.enum(sessionModes, `must be of ${sessionModes.join(', ')}`),
});

/** The proven facts about a sign-in, for the record of a refusal. */
interface Trail {
  challenge: string;
  uid: string;
}

interface SignInCall extends Call<SignInDependencies> {
  trail: Trail;
}

interface Requested extends SignInCall {
  signIn: z.infer<typeof shape>;
}

interface Examined extends Requested {
  card: ExaminedCard;
}

interface Opened extends Requested {
  session: Session;
  person: Person;
}

const readSignIn = ({ request }: SignInCall) => ({ signIn: readBody(request, shape) });

/** The caller must be the agent that it names, so that others cannot end the sessions of its workstation. */
const checkAgent = check('agent-proof', async function checkAgent(call: Requested): Promise<void> {
  const { agentId } = await checkAgentProof(call);
  if (agentId !== call.signIn.agentId) throw errors.proofInvalid('the proof is from another agent');
});

/** From here on, refusals are audited: challenges are limited, but anyone can send calls without one. */
const spendChallenge = check('single-use', async function spendChallenge({ cis, signIn, trail }: Requested) {
  await cis.challenges.spend(signIn.challenge);
  trail.challenge = signIn.challenge;
});

async function readCard({ signIn, trail }: Requested) {
  const certificate = await readCertificate(signIn.certificate);
  trail.uid = certificate.uid;
  return { certificate };
}

const examineCard = check(
  'card',
  async function examineCard({
    cis,
    signIn: { challenge, sessionKey, signature },
    certificate,
  }: Requested & Passed<'single-use'> & { certificate: CardCertificate }) {
    const message = Buffer.from(signInMessage(challenge, thumbprint(sessionKey)));
    return { card: await cis.examiner.examineRead(certificate, { message, signature }) };
  },
);

async function requirePerson({ directory }: SignInDependencies, uid: string): Promise<PersonRecord> {
  const found = await directory.find(uid);
  if (!found) throw errors.personUnknown(`uid ${uid}`);
  if (found.person.disabled) throw errors.personDisabled(`uid ${uid}`);
  return found;
}

const findHolder = check('holder', async function findHolder({ cis, card }: Examined) {
  return { holder: await requirePerson(cis, card.uid) };
});

/** Returns a session that begins at `now`, for the holder of an examined card. */
export function newSession(
  { uid, cardSerial }: ExaminedCard,
  { roles: [role, ...others] }: Person,
  device: Pick<Session, 'agentId' | 'sessionKey' | 'generation' | 'mode'>,
  now: number,
): Session {
  return {
    id: randomToken(24),
    uid,
    agentId: device.agentId,
    cardSerial,
    sessionKey: device.sessionKey,
    generation: device.generation,
    mode: device.mode,
    // A single role needs no choice.
    roleId: role && others.length === 0 ? role.roleId : null,
    createdAt: now,
    pinAt: now,
    heartbeatAt: now,
    endsAt: now + sessionLimits.absolute,
    endedAt: null,
    endCause: null,
  };
}

const recordStatement = ({ request, cis }: SignInCall, session: Session) =>
  cis.audit.recordStatement({
    actor: session.uid,
    action: 'cis.sign-in',
    target: session.id,
    session: session.id,
    device: session.agentId,
    address: request.address,
    outcome: 'ok',
    detail: {
      generation: session.generation,
      mode: session.mode,
      agent: session.agentId,
      card: session.cardSerial,
    },
  });

async function openSession(
  call: Examined & Passed<'rate-limit' | 'agent-proof' | 'card' | 'holder'> & { holder: PersonRecord },
) {
  const { cis, card, holder } = call;
  for (let found = holder; ; found = await requirePerson(cis, card.uid)) {
    const { person, revision } = found;
    const session = newSession(card, person, call.signIn, cis.clock.now());
    const former = await cis.sessions.open(session, revision, recordStatement(call, session));
    // The person has changed, or another sign-in at the agent won: reads the person again.
    if (former) return { session, person, former };
  }
}

/** One session per workstation: the subscribers know of the end of the previous one before the response. */
async function endFormer({ cis, former }: Opened & { former: EndedSession[] }): Promise<void> {
  await cis.endings.announce(former);
}

function recordSignIn({ cis, session, signIn }: Opened): void {
  cis.recorder.record({
    keys: [signIn.challenge],
    lasting: session.id,
    session: session.id,
    role: session.roleId ?? undefined,
    from: 'identity-agent',
    to: 'cis',
    name: 'cis.sign-in',
    detail: { generation: session.generation, mode: session.mode },
  });
}

async function answerSession({ cis: { keys, clock, origin }, session, person }: Opened) {
  const sessionCertificate = await keys.sign(
    {
      iss: origin,
      sub: session.uid,
      sid: session.id,
      iat: seconds(clock),
      exp: Math.floor(session.endsAt / 1_000),
      // RFC 7800 section 3.2
      cnf: { jwk: session.sessionKey },
    },
    { algorithm: 'ES256', typ: sessionCertificateType },
  );
  return json(201, {
    sessionId: session.id,
    uid: session.uid,
    displayName: person.displayName,
    roles: person.roles,
    roleId: session.roleId,
    sessionCertificate,
    heartbeatEvery,
    endsAt: isoTime(session.endsAt),
  } satisfies SignInAnswer);
}

const list = steps<SignInCall>('cis.sign-in')
  .step(limitNetwork('signIns'))
  .step(readSignIn)
  .step(checkAgent)
  .step(spendChallenge)
  .step(readCard)
  .step(examineCard)
  .step(findHolder)
  .step(openSession)
  .step(endFormer)
  .step(recordSignIn)
  .step(answerSession);

async function recordRefusal(
  { recorder, audit }: SignInDependencies,
  { challenge: key, uid }: Trail,
  refusal: Refusal,
): Promise<void> {
  const error = refusal.entry.code;
  recorder.record({
    keys: [key],
    from: 'identity-agent',
    to: 'cis',
    name: 'cis.sign-in',
    outcome: 'refused',
    detail: { error },
  });
  await audit.recordAlone({
    actor: uid,
    action: 'cis.sign-in',
    target: '',
    outcome: 'refused',
    detail: { error },
  });
}

/** `POST /sessions`: opens a session for a card and its PIN. */
export function signInRoutes(cis: SignInDependencies): Route[] {
  async function endpoint(request: HttpRequest) {
    const trail: Trail = { challenge: '', uid: '' };
    try {
      return await list.run({ request, cis, trail });
    } catch (thrown) {
      // Without a spent challenge it is only counted: such calls could fill the audit log.
      if (thrown instanceof Refusal) {
        if (trail.challenge === '') cis.audit.countUnproven('cis-sign-in', request.address);
        else await recordRefusal(cis, trail, thrown);
      }
      throw thrown;
    }
  }
  return route('/sessions', { POST: { endpoint, errors: plainError } });
}
