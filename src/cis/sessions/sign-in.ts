import { json } from '@alongside/kernel/answer';
import { type Clock, seconds } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { thumbprint } from '@alongside/kernel/jwk';
import type { SigningKeys } from '@alongside/kernel/keys';
import { steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { AuditLog } from '../../storage/audit.ts';
import { type CardCertificate, readCertificate } from '../card/certificate.ts';
import type { CardExaminer, ExaminedCard } from '../card/examination.ts';
import type { Directory, PersonRecord } from '../directory/directory.ts';
import { errors } from '../errors.ts';
import { readBody } from '../json-body.ts';
import type { CisNetworkLimits } from '../limits.ts';
import {
  generations,
  type SessionMode,
  type SignInAnswer,
  sessionCertificateType,
  signInMessage,
} from '../protocol.ts';
import { cardSignature, challenge, p256Key } from '../shapes.ts';
import type { AgentCalls } from './agent-calls.ts';
import type { Challenges } from './challenge.ts';
import type { Endings } from './endings.ts';
import { heartbeatEvery, iso, type Session, sessionLimits } from './session.ts';
import type { Sessions } from './sessions.ts';

export interface SignInDeps {
  clock: Clock;
  challenges: Challenges;
  examiner: CardExaminer;
  directory: Directory;
  sessions: Sessions;
  endings: Endings;
  calls: AgentCalls;
  networks: CisNetworkLimits;
  keys: SigningKeys;
  recorder: Recorder;
  audit: AuditLog;
  /** Public address of CIS: the issuer of session certificates. */
  origin: string;
}

const modes = [
  'normal',
  'enhancedNormal',
  'sessionLockPersistence',
  'mobility',
] as const satisfies readonly SessionMode[];

const shape = z.strictObject({
  ...cardSignature,
  challenge,
  sessionKey: p256Key,
  agentId: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be the thumbprint of a key'),
  generation: z.enum(generations, `must be of ${generations.join(', ')}`),
  mode: z.enum(modes, `must be of ${modes.join(', ')}`),
});

type SignIn = z.infer<typeof shape>;

/** What was learnt so far, for the record of a refusal. */
interface Trail {
  challenge: string;
  uid: string;
}

interface Start {
  request: HttpRequest;
  trail: Trail;
}

/** `POST /sessions`: a card and its PIN become a session. */
export function signInRoutes(deps: SignInDeps): Route[] {
  const {
    clock,
    challenges,
    examiner,
    directory,
    sessions,
    endings,
    calls,
    networks,
    keys,
    recorder,
    audit,
  } = deps;

  /** The id of the agent's proof is kept before anything else is known. */
  async function limitRate({ request }: Start): Promise<void> {
    if (!(await networks.signIns.admits(request.address))) throw errors.tooManyRequests('sign-ins');
  }

  const readSignIn = ({ request }: Start): { signIn: SignIn } => ({ signIn: readBody(request, shape) });

  /** The agent is the one that it says it is, so that nobody ends the sessions of a desk from afar. */
  async function checkAgent({ request, signIn }: Start & { signIn: SignIn }): Promise<void> {
    const { agentId } = await calls.checkAgentProof({ request });
    if (agentId !== signIn.agentId) throw errors.proofInvalid('the proof is of another agent');
  }

  /** From here on a refusal is on record: challenges are limited, and what anybody can send without one is not. */
  async function spendChallenge({ signIn, trail }: Start & { signIn: SignIn }): Promise<void> {
    await challenges.spend(signIn.challenge);
    trail.challenge = signIn.challenge;
  }

  async function readCard({
    signIn,
    trail,
  }: {
    signIn: SignIn;
    trail: Trail;
  }): Promise<{ certificate: CardCertificate }> {
    const certificate = await readCertificate(signIn.certificate);
    trail.uid = certificate.uid;
    return { certificate };
  }

  async function examineCard({
    signIn,
    certificate,
  }: {
    signIn: SignIn;
    certificate: CardCertificate;
  }): Promise<{ card: ExaminedCard }> {
    const message = Buffer.from(signInMessage(signIn.challenge, thumbprint(signIn.sessionKey)));
    return { card: await examiner.examineRead(certificate, { message, signature: signIn.signature }) };
  }

  async function knownPerson(uid: string): Promise<PersonRecord> {
    const found = await directory.find(uid);
    if (!found) throw errors.personUnknown(`uid ${uid}`);
    if (found.person.disabled) throw errors.personDisabled(`uid ${uid}`);
    return found;
  }

  const findPerson = async ({ card }: { card: ExaminedCard }) => ({ holder: await knownPerson(card.uid) });

  function newSession(signIn: SignIn, card: ExaminedCard, { person }: PersonRecord): Session {
    const now = clock.now();
    return {
      id: randomToken(24),
      uid: card.uid,
      agentId: signIn.agentId,
      cardSerial: card.cardSerial,
      sessionKey: signIn.sessionKey,
      generation: signIn.generation,
      mode: signIn.mode,
      // Reference: one role is chosen without a question.
      roleId: person.roles.length === 1 ? (person.roles[0]?.roleId ?? null) : null,
      createdAt: now,
      pinAt: now,
      heartbeatAt: now,
      endsAt: now + sessionLimits.absolute,
      endedAt: null,
      endCause: null,
    };
  }

  const recordStatement = ({ address }: HttpRequest, session: Session) =>
    audit.recordStatement({
      actor: session.uid,
      action: 'cis.sign-in',
      target: session.id,
      session: session.id,
      device: session.agentId,
      address,
      outcome: 'ok',
      detail: {
        generation: session.generation,
        mode: session.mode,
        agent: session.agentId,
        card: session.cardSerial,
      },
    });

  async function openSession({
    request,
    signIn,
    card,
    holder,
  }: Start & {
    signIn: SignIn;
    card: ExaminedCard;
    holder: PersonRecord;
  }) {
    for (let person = holder; ; person = await knownPerson(card.uid)) {
      const session = newSession(signIn, card, person);
      const former = await sessions.open(session, person.revision, recordStatement(request, session));
      // The person was changed meanwhile, or another sign-in at the agent was quicker: read again.
      if (former) return { session, person: person.person, former };
    }
  }

  type Opened = Awaited<ReturnType<typeof openSession>>;

  /** One person at a desk: before the new one is answered, the subscribers know that the former one has gone. */
  async function endFormer({ former }: Opened): Promise<void> {
    await endings.announce(former);
  }

  function recordSignIn({ session, signIn }: Opened & { signIn: SignIn }): void {
    recorder.record({
      keys: [signIn.challenge, session.id],
      from: 'identity-agent',
      to: 'cis',
      name: 'cis.sign-in',
      detail: { generation: session.generation, mode: session.mode },
    });
  }

  async function answerSession({ session, person }: Opened) {
    const sessionCertificate = await keys.sign(
      {
        iss: deps.origin,
        sub: session.uid,
        sid: session.id,
        iat: seconds(clock),
        exp: Math.floor(session.endsAt / 1_000),
        // RFC 7800 section 3.2
        cnf: { jwk: session.sessionKey },
      },
      { algorithm: 'ES256', typ: sessionCertificateType },
    );
    const answer: SignInAnswer = {
      sessionId: session.id,
      uid: session.uid,
      displayName: person.displayName,
      roles: person.roles,
      roleId: session.roleId,
      sessionCertificate,
      heartbeatEvery,
      endsAt: iso(session.endsAt),
    };
    return json(201, answer);
  }

  async function recordRefusal({ challenge: key, uid }: Trail, refusal: Refusal): Promise<void> {
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

  const list = steps<Start>()
    .step(limitRate)
    .step(readSignIn)
    .step(checkAgent)
    .step(spendChallenge)
    .step(readCard)
    .step(examineCard)
    .step(findPerson)
    .step(openSession)
    .step(endFormer)
    .step(recordSignIn)
    .step(answerSession);

  const endpoint = async (request: HttpRequest) => {
    const trail: Trail = { challenge: '', uid: '' };
    try {
      return await list.run({ request, trail });
    } catch (thrown) {
      // Without a spent challenge it is only counted: such calls could fill the audit log.
      if (thrown instanceof Refusal) {
        if (trail.challenge === '') audit.countUnproven('cis-sign-in', request.address);
        else await recordRefusal(trail, thrown);
      }
      throw thrown;
    }
  };
  return [{ methods: ['POST'], path: '/sessions', endpoint }];
}
