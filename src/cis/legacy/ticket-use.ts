import { json } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import { Refusal, reasonOf } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import type { Endpoint } from '@alongside/kernel/http';
import { networkAddress } from '@alongside/kernel/networks';
import { equalSecrets } from '@alongside/kernel/secrets';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import type { AuditLog } from '../../storage/audit.ts';
import type { Directory } from '../directory/directory.ts';
import type { Call } from '../endpoint.ts';
import { errors } from '../errors.ts';
import type { LegacyTicketAnswer, Person } from '../protocol.ts';
import {
  checkSessionProof,
  findSession as findSessionById,
  type ProofDependencies,
  requireLive,
} from '../sessions/agent-calls.ts';
import { roleChoiceStatement } from '../sessions/audit-records.ts';
import type { Endings } from '../sessions/endings.ts';
import type { Session } from '../sessions/session.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { status, xml } from './answers.ts';
import { signAssertion, writeAssertion, writeRefusal } from './assertion.ts';
import { readRoleAssertion } from './assertion-reader.ts';
import { parseGpObject } from './gp-object.ts';
import type { LegacySigner } from './signer.ts';
import type { Ticket, Tickets } from './tickets.ts';
import { checkTransport } from './transport.ts';

interface TicketDependencies {
  clock: Clock;
  tickets: Tickets;
  signer: LegacySigner;
  directory: Directory;
  sessions: Sessions;
  endings: Endings;
  recorder: Recorder;
  audit: AuditLog;
  /** Public address of CIS. */
  origin: string;
  clients: readonly string[];
  signAssertions: boolean;
}

type TicketCall = Call<TicketDependencies>;

/** A call with the ticket of an active session. */
interface Held extends TicketCall, Passed<'transport' | 'ticket'> {
  text: string;
  ticket: Ticket;
  session: Session;
}

const roleParameters = ['token', 'selectedRoleUid', 'ssbMode', 'fallbackStatus', 'gacVersion'];

/** Reads the query. Each parameter must be known and occur once. */
const readQuery = (allowed: readonly string[]) =>
  function readQuery({ request }: TicketCall): { query: Map<string, string>; text: string } {
    if (request.query.length > 2_048) throw errors.legacyInput('the query is too long');
    const query = new Map<string, string>();
    for (const [name, value] of new URLSearchParams(request.query)) {
      if (!allowed.includes(name) || query.has(name))
        throw errors.legacyInput('a parameter is unknown or repeated');
      query.set(name, value);
    }
    return { query, text: query.get('token') ?? '' };
  };

const findSession = check('ticket', async function findSession({ cis, text }: TicketCall & { text: string }) {
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

async function findPerson({ cis, session }: Held): Promise<{ person: Person }> {
  const found = await cis.directory.find(session.uid);
  if (!found || found.person.disabled) throw errors.legacyTicket('the person is removed or disabled');
  return { person: found.person };
}

const noRole = 'No role is selected';

/** A user with several roles must choose one first, because the assertion names the role of the session. */
const requireRole = check('role', function requireRole({ session, person }: Held & { person: Person }) {
  if (session.roleId === null && person.roles.length > 0) throw errors.legacyTicket(noRole);
});

async function answerAssertion({
  request,
  cis,
  text,
  ticket,
  session,
  person,
}: Held & Passed<'role'> & { person: Person }) {
  const plain = writeAssertion({
    issuer: cis.origin,
    recipient: networkAddress(request.address),
    ticket: text,
    person,
    roleId: session.roleId,
    training: ticket.training,
    authenticatedAt: session.pinAt,
    at: cis.clock.now(),
  });
  cis.recorder.record({
    lasting: session.id,
    from: 'application',
    to: 'cis',
    name: 'cis.legacy-assertion',
    detail: { roleId: session.roleId ?? '' },
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

function readSignOut({ request }: TicketCall): { text: string; uid: string | undefined } {
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

const choosingRole = steps<TicketCall>('cis.legacy-choose-role')
  .step(checkTransport)
  .step(readQuery(roleParameters))
  .step(findSession)
  .step(keepAlive)
  .step(chooseRole);
const readingAssertion = steps<TicketCall>('cis.legacy-read-assertion')
  .step(checkTransport)
  .step(readQuery(['token']))
  .step(findSession)
  .step(keepAlive)
  .step(findPerson)
  .step(requireRole)
  .step(answerAssertion);
const signingOut = steps<TicketCall>('cis.legacy-sign-out')
  .step(checkTransport)
  .step(readSignOut)
  .step(findSession)
  .step(endSession);

/** `GET /saml/RoleSelectionGP.jsp`. */
export const createChooseRole =
  (cis: TicketDependencies): Endpoint =>
  (request) =>
    choosingRole.run({ request, cis });

/** `GET /saml/RoleAssertion`. An invalid ticket is a SAML response too. */
export const createReadAssertion =
  (cis: TicketDependencies): Endpoint =>
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

/** `POST /login/authlogout`. */
export const createSignOut =
  (cis: TicketDependencies): Endpoint =>
  (request) =>
    signingOut.run({ request, cis });

interface SessionTicketDependencies extends ProofDependencies {
  endings: Endings;
  tickets: Tickets;
}

async function answerTicket({
  cis,
  session,
}: Call<SessionTicketDependencies> & Passed<'session-proof' | 'live'> & { session: Session }) {
  return json(201, { ticket: await cis.tickets.make(session.id) } satisfies LegacyTicketAnswer);
}

const makingTicket = steps<Call<SessionTicketDependencies> & { id: string }>('cis.make-legacy-ticket')
  .step(findSessionById)
  .step(checkSessionProof)
  .step(requireLive)
  .step(answerTicket);

/** `POST /sessions/{id}/legacy-ticket`: a ticket of a current session, for desktop applications. */
export const createMakeTicket =
  (cis: SessionTicketDependencies): Endpoint<{ id: string }> =>
  (request) =>
    makingTicket.run({ request, cis, id: request.params.id });
