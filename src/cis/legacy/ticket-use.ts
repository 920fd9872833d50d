import { json } from '@alongside/kernel/answer';
import { Refusal, reasonOf } from '@alongside/kernel/errors';
import type { Endpoint } from '@alongside/kernel/http';
import { networkAddress } from '@alongside/kernel/networks';
import { equalSecrets } from '@alongside/kernel/secrets';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { errors } from '../errors.ts';
import type { LegacyTicketAnswer, Person } from '../protocol.ts';
import { checkSessionProof, findSession as findSessionById, requireLive } from '../sessions/agent-calls.ts';
import { roleChoiceStatement } from '../sessions/audit-records.ts';
import type { Session } from '../sessions/session.ts';
import { status, xml } from './answers.ts';
import { signAssertion, writeAssertion, writeRefusal } from './assertion.ts';
import { readRoleAssertion } from './assertion-reader.ts';
import { parseGpObject } from './gp-object.ts';
import type { Legacy, LegacyCall } from './services.ts';
import type { Ticket } from './tickets.ts';
import { checkTransport } from './transport.ts';

/** A call with the ticket of an active session. */
interface Held extends LegacyCall, Passed<'transport' | 'ticket'> {
  text: string;
  ticket: Ticket;
  session: Session;
}

const roleParameters = ['token', 'selectedRoleUid', 'ssbMode', 'fallbackStatus', 'gacVersion'];

/** Reads the query. Each parameter must be known and occur once. */
const readQuery = (allowed: readonly string[]) =>
  function readQuery({ request }: LegacyCall): { query: Map<string, string>; text: string } {
    if (request.query.length > 2_048) throw errors.legacyInput('the query is too long');
    const query = new Map<string, string>();
    for (const [name, value] of new URLSearchParams(request.query)) {
      if (!allowed.includes(name) || query.has(name))
        throw errors.legacyInput('a parameter is unknown or repeated');
      query.set(name, value);
    }
    return { query, text: query.get('token') ?? '' };
  };

const findSession = check('ticket', async function findSession({ cis, text }: LegacyCall & { text: string }) {
  const ticket = await cis.tickets.find(text);
  const session = ticket && (await cis.endings.read(ticket.sessionId));
  if (!ticket || session?.endedAt !== null)
    throw errors.legacyTicket('the ticket is unknown, or its session has ended');
  return { ticket, session };
});

const ended = () => errors.legacyTicket('the session has ended');

/** Each use extends the session, because this interface lacks a heartbeat. */
async function keepAlive({ cis, session }: Held) {
  if (!(await cis.sessions.heard(session.id))) throw ended();
}

async function chooseRole({ cis, text, session, query }: Held & { query: Map<string, string> }) {
  const roleId = query.get('selectedRoleUid') ?? '';
  const mode = query.get('ssbMode') ?? '0';
  if (mode !== '0' && mode !== '1') throw errors.legacyInput('ssbMode');
  const roles = (await cis.directory.find(session.uid))?.person.roles ?? [];
  if (!roles.some((role) => role.roleId === roleId))
    throw errors.legacyRefused(`${session.uid} has no role ${roleId.slice(0, 20)}`);
  const record = roleChoiceStatement(cis.audit, session, roleId);
  if (!(await cis.sessions.chooseRole(session.id, roleId, record))) throw ended();
  await cis.tickets.setTraining(text, mode === '1');
  cis.recorder.record({
    lasting: session.id,
    from: 'identity-agent',
    to: 'cis',
    name: 'cis.legacy-role',
    detail: { roleId },
  });
  return status(200, 'OK');
}

async function findPerson({ cis, session }: Held) {
  const found = await cis.directory.find(session.uid);
  if (!found || found.person.disabled) throw errors.legacyTicket('the person is removed or disabled');
  return { person: found.person };
}

const noRole = 'No role is selected';

/** A user with several roles must choose one first, because the assertion names the role of the session. */
const requireRole = check(
  'role',
  function requireRole({ session, person: { roles } }: Held & { person: Person }) {
    // The session may still have a role that was withdrawn.
    const roleId = roles.find((role) => role.roleId === session.roleId)?.roleId ?? null;
    if (roleId === null && roles.length > 0) throw errors.legacyTicket(noRole);
    return { roleId };
  },
);

async function answerAssertion({
  request,
  cis,
  text,
  ticket,
  session,
  person,
  roleId,
}: Held & Passed<'role'> & { person: Person; roleId: string | null }) {
  const plain = writeAssertion({
    issuer: cis.origin,
    recipient: networkAddress(request.address),
    ticket: text,
    person,
    roleId,
    training: ticket.training,
    authenticatedAt: session.pinAt,
    at: cis.clock.now(),
  });
  cis.recorder.record({
    lasting: session.id,
    from: 'application',
    to: 'cis',
    name: 'cis.legacy-assertion',
    detail: { roleId: roleId ?? '' },
  });
  await cis.audit.recordAlone({
    actor: session.uid,
    action: 'cis.legacy-assertion',
    target: session.id,
    outcome: 'ok',
  });
  if (!cis.signAssertions) return xml(200, plain);
  const key = await cis.signer.key();
  const signed = signAssertion(plain, key);
  // Throws for an assertion that no reader would accept.
  readRoleAssertion(signed, key.certificate);
  return xml(200, signed);
}

function readSignOut({ request }: LegacyCall): { text: string; uid: string | undefined } {
  try {
    const parameters = parseGpObject(request.body);
    if (parameters.get('service') !== 'LOGOUT') throw new Error('service is not LOGOUT');
    return { text: parameters.get('sso_ticket') ?? '', uid: parameters.get('uid') };
  } catch (error) {
    throw errors.legacyInput(reasonOf(error), {}, error);
  }
}

async function endSession({ cis, session, uid }: Held & { uid: string | undefined }) {
  if (uid !== undefined && !equalSecrets(uid, session.uid))
    throw errors.legacyRefused('the ticket belongs to another person');
  await cis.endings.end(session.id, 'signedOut');
  return status(200, 'OK');
}

/** `GET /saml/RoleSelectionGP.jsp`. */
export const chooseRoleSteps = steps<LegacyCall>('cis.legacy-choose-role')
  .step(checkTransport)
  .step(readQuery(roleParameters))
  .step(findSession)
  .step(keepAlive)
  .step(chooseRole);
const readingAssertion = steps<LegacyCall>('cis.legacy-read-assertion')
  .step(checkTransport)
  .step(readQuery(['token']))
  .step(findSession)
  .step(keepAlive)
  .step(findPerson)
  .step(requireRole)
  .step(answerAssertion);
/** `POST /login/authlogout`. */
export const signOutSteps = steps<LegacyCall>('cis.legacy-sign-out')
  .step(checkTransport)
  .step(readSignOut)
  .step(findSession)
  .step(endSession);

/** `GET /saml/RoleAssertion`. An invalid ticket is a SAML response too. */
export const createReadAssertion =
  (cis: Legacy): Endpoint =>
  async (request) => {
    try {
      return await readingAssertion.run({ request, cis });
    } catch (thrown) {
      if (!(thrown instanceof Refusal) || thrown.entry !== errors.legacyTicket.entry) throw thrown;
      const message = thrown.detail === noRole ? noRole : 'The session is not active';
      const recipient = networkAddress(request.address);
      return xml(403, writeRefusal(recipient, cis.clock.now(), message)).refusing(thrown);
    }
  };

async function answerTicket({
  cis,
  session,
}: LegacyCall & Passed<'session-proof' | 'live'> & { session: Session }) {
  return json(201, { ticket: await cis.tickets.make(session.id) } satisfies LegacyTicketAnswer);
}

/** `POST /sessions/{id}/legacy-ticket`: a ticket of a current session, for desktop applications. */
export const ticketSteps = steps<LegacyCall & { id: string }>('cis.make-legacy-ticket')
  .step(findSessionById)
  .step(checkSessionProof)
  .step(requireLive)
  .step(answerTicket);
