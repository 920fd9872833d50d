import type { Clock } from '@alongside/kernel/clock';
import { Refusal, reasonOf } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { equalSecrets } from '@alongside/kernel/secrets';
import { steps } from '@alongside/kernel/steps';
import type { AuditLog } from '../../storage/audit.ts';
import { networkAddress } from '../address.ts';
import type { Directory } from '../directory/directory.ts';
import { errors } from '../errors.ts';
import type { Person } from '../protocol.ts';
import { roleChoiceStatement } from '../sessions/audit-records.ts';
import type { Endings } from '../sessions/endings.ts';
import type { Session } from '../sessions/session.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { inLegacyForm, status, xml } from './answers.ts';
import { signAssertion, writeAssertion, writeRefusal } from './assertion.ts';
import { readRoleAssertion } from './assertion-reader.ts';
import { parseGpObject } from './gp-object.ts';
import type { LegacySigner } from './signer.ts';
import type { Ticket, Tickets } from './tickets.ts';

export interface TicketUseDeps {
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
  signAssertions: boolean;
  requireTransport(known: { request: HttpRequest }): { caller: string };
}

interface Start {
  request: HttpRequest;
}

interface Held {
  text: string;
  ticket: Ticket;
  session: Session;
}

const roleParameters = ['token', 'selectedRoleUid', 'ssbMode', 'fallbackStatus', 'gacVersion'];

/** The parameters of an address, each once and known. */
function readQuery({ request }: Start, allowed: readonly string[]): Map<string, string> {
  if (request.query.length > 2_048) throw errors.legacyInput('the query is too long');
  const query = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(request.query)) {
    if (!allowed.includes(name) || query.has(name)) throw errors.legacyInput('a parameter twice or unknown');
    query.set(name, value);
  }
  return query;
}

/** What a ticket is good for: role selection, the role assertion, sign-out. */
export function ticketUseRoutes(deps: TicketUseDeps): Route[] {
  const { clock, tickets, signer, directory, sessions, endings, recorder, audit } = deps;

  async function holder(text: string): Promise<Held> {
    const ticket = await tickets.find(text);
    const session = ticket && (await endings.read(ticket.sessionId));
    if (!ticket || session?.endedAt !== null) throw errors.legacyTicket('unknown, or of an ended session');
    return { text, ticket, session };
  }

  /** Using a session is what keeps it alive: this interface has no heartbeat. */
  async function keepAlive({ held }: { held: Held }) {
    if (!(await sessions.heard(held.session.id))) throw errors.legacyTicket('it ended meanwhile');
  }

  const readRoleQuery = (known: Start) => ({ query: readQuery(known, roleParameters) });

  async function findByQuery({ query }: { query: Map<string, string> }) {
    return { held: await holder(query.get('token') ?? '') };
  }

  async function chooseRole({ held, query }: { held: Held; query: Map<string, string> }) {
    const roleId = query.get('selectedRoleUid') ?? '';
    const mode = query.get('ssbMode') ?? '0';
    if (mode !== '0' && mode !== '1') throw errors.legacyInput('ssbMode');
    const roles = (await directory.find(held.session.uid))?.person.roles ?? [];
    if (!roles.some((role) => role.roleId === roleId))
      throw errors.legacyRefused(`${held.session.uid} has no role ${roleId.slice(0, 20)}`);
    const record = roleChoiceStatement(audit, held.session, roleId);
    if (!(await sessions.chooseRole(held.session.id, roleId, record)))
      throw errors.legacyTicket('it ended meanwhile');
    await tickets.setTraining(held.text, mode === '1');
    recorder.record({
      keys: [held.session.id],
      from: 'identity-agent',
      to: 'cis',
      name: 'cis.legacy-role',
      detail: { roleId },
    });
    return status(200, 'OK');
  }

  const readTokenQuery = (known: Start) => ({ query: readQuery(known, ['token']) });

  async function findPerson({ held }: { held: Held }): Promise<{ person: Person }> {
    const found = await directory.find(held.session.uid);
    if (!found || found.person.disabled) throw errors.legacyTicket('the person is gone or disabled');
    return { person: found.person };
  }

  /** With several roles one has to be chosen first: the assertion names the role of the session. */
  function requireRole({ held, person }: { held: Held; person: Person }) {
    if (held.session.roleId === null && person.roles.length > 0)
      throw errors.legacyTicket('no role has been chosen');
  }

  async function answerAssertion({ request, held, person }: Start & { held: Held; person: Person }) {
    const { session, ticket, text } = held;
    const plain = writeAssertion({
      issuer: deps.origin,
      recipient: networkAddress(request.address),
      ticket: text,
      person,
      roleId: session.roleId,
      training: ticket.training,
      authenticatedAt: session.pinAt,
      at: clock.now(),
    });
    recorder.record({
      keys: [session.id],
      from: 'application',
      to: 'cis',
      name: 'cis.legacy-assertion',
      detail: { roleId: session.roleId ?? '' },
    });
    await audit.recordAlone({
      actor: session.uid,
      action: 'cis.legacy-assertion',
      target: session.id,
      outcome: 'ok',
    });
    if (!deps.signAssertions) return xml(200, plain);
    const key = await signer.key();
    const signed = signAssertion(plain, key);
    // What cannot be read back is not given out.
    readRoleAssertion(signed, key.certificate);
    return xml(200, signed);
  }

  function readSignOut({ request }: Start): { text: string } {
    try {
      const parameters = parseGpObject(request.body);
      if (parameters.get('service') !== 'LOGOUT') throw new Error('service is not LOGOUT');
      return { text: parameters.get('sso_ticket') ?? '' };
    } catch (error) {
      throw errors.legacyInput(reasonOf(error), {}, error);
    }
  }

  const findByText = async ({ text }: { text: string }) => ({ held: await holder(text) });

  async function endSession({ held, request }: Start & { held: Held }) {
    const uid = parseGpObject(request.body).get('uid');
    if (uid !== undefined && !equalSecrets(uid, held.session.uid))
      throw errors.legacyRefused('the ticket is of somebody else');
    await endings.end(held.session.id, 'signedOut');
    return status(200, 'OK');
  }

  const selecting = steps<Start>()
    .step(deps.requireTransport)
    .step(readRoleQuery)
    .step(findByQuery)
    .step(keepAlive)
    .step(chooseRole);
  const asserting = steps<Start>()
    .step(deps.requireTransport)
    .step(readTokenQuery)
    .step(findByQuery)
    .step(keepAlive)
    .step(findPerson)
    .step(requireRole)
    .step(answerAssertion);
  const ending = steps<Start>()
    .step(deps.requireTransport)
    .step(readSignOut)
    .step(findByText)
    .step(endSession);

  /** A ticket that is not good is answered in SAML, as the assertion would be. */
  async function assert(request: HttpRequest) {
    try {
      return await asserting.run({ request });
    } catch (thrown) {
      if (!(thrown instanceof Refusal) || thrown.entry.id !== 'cis.legacyTicket') throw thrown;
      const words =
        thrown.detail === 'no role has been chosen' ? 'No role is selected' : 'The session is not active';
      return xml(403, writeRefusal(networkAddress(request.address), clock.now(), words)).refusing(thrown);
    }
  }

  return [
    {
      methods: ['GET'],
      path: '/saml/RoleSelectionGP.jsp',
      endpoint: inLegacyForm((request) => selecting.run({ request })),
    },
    { methods: ['GET'], path: '/saml/RoleAssertion', endpoint: inLegacyForm(assert) },
    {
      methods: ['POST'],
      path: '/login/authlogout',
      endpoint: inLegacyForm((request) => ending.run({ request })),
    },
  ];
}
