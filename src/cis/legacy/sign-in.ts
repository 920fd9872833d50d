import { generateKeyPairSync, timingSafeEqual } from 'node:crypto';
import { Refusal, reasonOf } from '@alongside/kernel/errors';
import type { Endpoint } from '@alongside/kernel/http';
import type { JsonWebKey } from '@alongside/kernel/jws';
import { sha256 } from '@alongside/kernel/secrets';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import type { PersonRecord } from '../directory/directory.ts';
import { errors } from '../errors.ts';
import type { ExaminedCard } from '../examination/examiner.ts';
import type { Person } from '../protocol.ts';
import type { Session } from '../sessions/session.ts';
import { legacyDesk } from '../sessions/sessions.ts';
import { newSession } from '../sessions/sign-in.ts';
import { xml } from './answers.ts';
import {
  buildSignedChallenge,
  decodeBase64,
  parseSignedChallenge,
  parseSmime,
  type SignedChallenge,
} from './cms.ts';
import {
  type Activation,
  type Authentication,
  activation,
  authentication,
  readForm,
  signInParameters,
} from './forms.ts';
import { writeGpObject } from './gp-object.ts';
import type { Legacy, LegacyCall } from './services.ts';
import { checkTransport } from './transport.ts';

interface Validation extends LegacyCall {
  /** Whether a challenge was spent. Refusals before that are only counted. */
  trail: { spent: boolean };
}

interface Authenticated extends Validation {
  form: Authentication;
  caller: string;
}

interface Opened extends Authenticated {
  session: Session;
  person: Person;
}

const refused = (detail: string) => errors.legacyRefused(detail);

const readActivation = ({ request }: LegacyCall) => ({ form: readForm(request, activation) });

/** Binds a challenge to its requester. */
const requesterOf = (form: Activation | Authentication, caller: string) =>
  [caller, form.log_session_id, form.device_id].join(' ');

const signatureOver = async ({ signer }: Legacy, challenge: Buffer): Promise<Buffer> =>
  buildSignedChallenge(challenge, (await signer.key()).cms);

async function answerChallenge({
  cis,
  form,
  caller,
}: LegacyCall & Passed<'transport'> & { form: Activation; caller: string }) {
  const challenge = cis.challenges.make(requesterOf(form, caller));
  const parameters = [
    { name: 'log_session_id', value: form.log_session_id },
    { name: 'challenge', value: challenge.toString('base64') },
    { name: 'signature', value: (await signatureOver(cis, challenge)).toString('base64') },
    { name: 'auth_method', value: form.auth_method },
    { name: 'app_url', value: form.app_url },
    { name: 'service', value: form.service },
  ];
  return xml(200, writeGpObject(parameters, `${cis.origin}/login/dtd`));
}

const readAuthentication = ({ request }: Validation) => ({ form: readForm(request, authentication) });

const spendChallenge = check(
  'single-use',
  async function spendChallenge({ cis, trail, form, caller }: Authenticated & Passed<'transport'>) {
    let challenge: Buffer;
    let signature: Buffer;
    try {
      [challenge, signature] = [decodeBase64(form.challenge), decodeBase64(form.signature)];
    } catch (error) {
      throw errors.legacyInput('challenge or signature is not base64', {}, error);
    }
    // RSA signatures are deterministic, so the original signature is the same.
    const own = await signatureOver(cis, challenge);
    if (own.length !== signature.length || !timingSafeEqual(own, signature))
      throw refused('CIS did not sign this challenge');
    if (!(await cis.challenges.spend(challenge, requesterOf(form, caller))))
      throw refused('the challenge is unknown, expired, used or of another requester');
    trail.spent = true;
    return { challenge };
  },
);

function readResponse({ form }: Authenticated): { response: SignedChallenge } {
  try {
    return { response: parseSignedChallenge(parseSmime(form.response)) };
  } catch (error) {
    throw errors.legacyInput(`response: ${reasonOf(error).slice(0, 200)}`, {}, error);
  }
}

const examineCard = check(
  'card',
  async function examineCard({
    cis,
    form,
    challenge,
    response,
  }: Authenticated & Passed<'single-use'> & { challenge: Buffer; response: SignedChallenge }) {
    if (!response.content.equals(challenge)) throw refused('the card signed another challenge');
    if (response.digest === 'sha1' && !cis.sha1) throw refused('SHA-1 is not enabled');
    let card: ExaminedCard;
    try {
      card = await cis.examiner.examine({ ...response, message: challenge });
    } catch (thrown) {
      // There is one published text for every error of a card. The log has the reason.
      throw thrown instanceof Refusal ? refused(`${thrown.entry.id}: ${thrown.detail}`) : thrown;
    }
    if (card.uid !== form.uid) throw refused(`the card belongs to ${card.uid}, the request to ${form.uid}`);
    return { card };
  },
);

/** Returns a key without a private half: only its ticket controls a session of this interface. */
const unusableKey = (): JsonWebKey =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }) as JsonWebKey;

/** Returns the workstation of a sign-in: one session for each, by the name that the client sends. */
const deviceOf = ({ form, caller }: Authenticated) => ({
  agentId: `${legacyDesk}${sha256(`${caller} ${form.device_id.split(',')[0]}`)}`,
  sessionKey: unusableKey(),
  generation: 'hscn' as const,
  mode: form.mobility === '1' ? ('mobility' as const) : ('normal' as const),
});

async function requirePerson({ directory }: Legacy, uid: string): Promise<PersonRecord> {
  const found = await directory.find(uid);
  if (!found || found.person.disabled) throw refused(`${uid} is unknown or disabled`);
  return found;
}

async function openSession(call: Authenticated & Passed<'card'> & { card: ExaminedCard }) {
  const { cis, card } = call;
  for (;;) {
    const { person, revision } = await requirePerson(cis, card.uid);
    const session = newSession(card, person, deviceOf(call), cis.clock.now());
    const record = cis.audit.recordStatement({
      actor: session.uid,
      action: 'cis.legacy-sign-in',
      target: session.id,
      session: session.id,
      outcome: 'ok',
      detail: { card: session.cardSerial },
    });
    const former = await cis.sessions.open(session, revision, record);
    if (!former) continue;
    await cis.endings.announce(former);
    return { session, person };
  }
}

function recordSignIn({ cis, session }: Opened): void {
  cis.recorder.record({
    lasting: session.id,
    from: 'identity-agent',
    to: 'cis',
    name: 'cis.legacy-sign-in',
    detail: { mode: session.mode },
  });
}

async function answerTicket({ cis, form, session, person }: Opened) {
  const ticket = await cis.tickets.make(session.id);
  const parameters = signInParameters(form, person, ticket, cis.origin);
  return xml(200, writeGpObject(parameters, `${cis.origin}/login/dtd`));
}

/** `POST /login/authactivate`: returns a challenge. */
export const activate = steps<LegacyCall>('cis.legacy-activate')
  .step(checkTransport)
  .step(readActivation)
  .step(answerChallenge);
const validate = steps<Validation>('cis.legacy-validate')
  .step(checkTransport)
  .step(readAuthentication)
  .step(spendChallenge)
  .step(readResponse)
  .step(examineCard)
  .step(openSession)
  .step(recordSignIn)
  .step(answerTicket);

/** `POST /login/authvalidate`: opens a session for a card and returns its ticket. */
export const createValidate =
  (cis: Legacy): Endpoint =>
  async (request) => {
    const trail = { spent: false };
    try {
      return await validate.run({ request, cis, trail });
    } catch (thrown) {
      if (!trail.spent) cis.audit.countUnproven('legacy-sign-in', request.address);
      else if (thrown instanceof Refusal && thrown.entry === errors.legacyRefused.entry)
        await cis.audit.recordAlone({
          actor: '',
          action: 'cis.legacy-sign-in',
          target: '',
          outcome: 'refused',
          detail: { why: thrown.detail.slice(0, 200) },
        });
      throw thrown;
    }
  };
