import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import { type Refusal, reasonOf } from '@alongside/kernel/errors';
import { steps } from '@alongside/kernel/steps';
import type { Person } from '../../cis/protocol.ts';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database, Statement } from '../../storage/database.ts';
import { responseErrors } from '../errors/response.ts';
import { firstMet } from '../model/acr.ts';
import { type Authentication, strengthFor } from '../model/authentication.ts';
import { isSilent } from '../model/authorization-request.ts';
import type { BrowserMarks } from '../model/browser-marks.ts';
import type { CisClient } from '../model/cis-client.ts';
import { type Interactions, interactionPath, withoutSignIn } from '../model/interactions.ts';
import type { AfterSignOut, Session } from '../model/session.ts';
import { choiceOf, settleRole } from '../model/settle-role.ts';
import type { Codes } from '../responses/codes.ts';
import type { SessionEnds } from '../sessions/session-ends.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { words } from '../text/words.ts';
import { signInErrors } from './errors.ts';
import type { InteractionContext } from './open.ts';

/** A sign-in that an authenticator brought, on its way to the client. */
export interface Finishing extends InteractionContext {
  authentication: Authentication;
  /** Conditional writes that make this way of finishing happen once. */
  spends: readonly Statement[];
  /** The person said yes to "Continue as …". */
  confirmed: boolean;
  /** The role that was chosen on the page, of those that the person had then. */
  chosenRoleId?: string;
}

interface Whole extends Finishing {
  person: Person;
  /** The session of this browser, whoever's it is. */
  found: Session | undefined;
  /** The same, if it is this person's. */
  before: Session | undefined;
}

interface Parts {
  clock: Clock;
  database: Database;
  cis: CisClient;
  interactions: Interactions;
  sessions: Sessions;
  ends: SessionEnds;
  codes: Codes;
  marks: BrowserMarks;
  audit: AuditLog;
  afterSignOut: AfterSignOut;
}

/** How long before the request for it a PIN may have been given, in milliseconds: clocks of two services differ. */
const skew = 5_000;

const seeOther = (request: { method: string }) => (request.method === 'POST' ? 303 : 302);

/** Ends the interaction with an error for the client. */
export async function failInteraction(
  { database, interactions }: Pick<Parts, 'database' | 'interactions'>,
  { interaction, reply }: InteractionContext,
  spends: readonly Statement[],
  refusal: Refusal,
): Promise<Answer> {
  const { done } = await database.batch([...spends, interactions.endStatement(interaction)]);
  if (!done) throw signInErrors.returnRefused('it was answered before');
  return reply.fail(refusal).with({ 'set-cookie': interactions.clearedCookie(interaction) });
}

/** Leads the person to a page of the interaction, which goes on from what is kept. */
export async function toPage(
  { database, interactions }: Pick<Parts, 'database' | 'interactions'>,
  { request, interaction }: Pick<InteractionContext, 'request' | 'interaction'>,
  spends: readonly Statement[],
  part = '',
): Promise<Answer> {
  const { done } = await database.batch(spends);
  if (!done || !(await interactions.save(interaction)))
    throw signInErrors.returnRefused('it was answered before');
  return redirect(interactionPath(interaction.id, part), seeOther(request));
}

const findPerson = (parts: Parts) =>
  async function findPerson(known: Finishing): Promise<Answer | { person: Person }> {
    let person: Person | undefined;
    try {
      person = await parts.cis.person(known.authentication.uid);
    } catch (error) {
      // A person can try again on the page that says so; a client that asks silently is told.
      if (!isSilent(known.interaction.authorization)) throw error;
      return failInteraction(
        parts,
        known,
        known.spends,
        responseErrors.temporarilyUnavailable(reasonOf(error)),
      );
    }
    if (person && !person.disabled) return { person };
    const why = person ? 'the person is disabled' : 'the directory has no such person';
    return failInteraction(parts, known, known.spends, responseErrors.personRefused(why));
  };

const checkPerson = (parts: Parts) =>
  async function checkPerson(known: Finishing): Promise<Answer | undefined> {
    const { subject } = known.interaction.authorization;
    if (subject === null || subject === known.authentication.uid) return undefined;
    return failInteraction(
      parts,
      known,
      known.spends,
      responseErrors.loginRequired('another person than the expected one signed in'),
    );
  };

const checkLevel = (parts: Parts) =>
  async function checkLevel(known: Finishing): Promise<Answer | undefined> {
    const { interaction, authentication, client, spends } = known;
    if (
      firstMet(interaction.authorization.acr, strengthFor(authentication, client.registration)) !== undefined
    )
      return undefined;
    if (isSilent(interaction.authorization))
      return failInteraction(
        parts,
        known,
        spends,
        responseErrors.loginRequired('the sign-in does not meet the asked level'),
      );
    const back = { ...interaction, ...withoutSignIn, message: words.choice.levelUnmet };
    return toPage(parts, { ...known, interaction: back }, spends);
  };

/** `prompt=login` and a strict `max_age` want the PIN itself to be new (OpenID Connect Core section 3.1.2.1). */
const checkAge = (parts: Parts) =>
  async function checkAge(known: Finishing): Promise<Answer | undefined> {
    const { interaction, authentication, client, spends } = known;
    const { maxAge } = interaction.authorization;
    const { personAt, proofCounts } = authentication;
    const now = parts.clock.now();
    if (interaction.personSince !== null && personAt < interaction.personSince - skew) {
      const back = { ...interaction, ...withoutSignIn, message: words.choice.pinOld };
      return toPage(parts, { ...known, interaction: back }, spends);
    }
    const proofDoes = client.registration.maxAge === 'proof' && proofCounts;
    // What was done within this interaction is new, however small the age.
    if (maxAge === null || proofDoes || personAt >= interaction.createdAt || now - personAt <= maxAge * 1000)
      return undefined;
    if (isSilent(interaction.authorization))
      return failInteraction(
        parts,
        known,
        spends,
        responseErrors.loginRequired('the PIN is older than max_age'),
      );
    const again = { ...interaction, ...withoutSignIn, personSince: now };
    return toPage(parts, { ...known, interaction: again }, spends, authentication.authenticator);
  };

/** After an explicit sign-out nobody is signed in again without a word; and `consent` asks, outside the published profile. */
const confirmPerson = (parts: Parts) =>
  async function confirmPerson(known: Finishing): Promise<Answer | undefined> {
    const { request, interaction, authentication, client, confirmed, spends } = known;
    if (confirmed) return undefined;
    const { prompt } = interaction.authorization;
    const consent = prompt.includes('consent') && client.registration.profile !== 'nhs';
    const silent = authentication.personAt < interaction.createdAt && !interaction.chosen;
    const signedOut = parts.afterSignOut !== 'silent' && parts.marks.signedOut(request);
    if (!consent && !(silent && signedOut)) return undefined;
    if (isSilent(interaction.authorization))
      return failInteraction(
        parts,
        known,
        spends,
        responseErrors.interactionRequired('somebody signed out in this browser'),
      );
    return toPage(parts, { ...known, interaction: { ...interaction, authentication } }, spends, 'confirm');
  };

const findBefore = ({ sessions }: Parts) =>
  async function findBefore({
    request,
    person,
  }: Finishing & { person: Person }): Promise<Pick<Whole, 'found' | 'before'>> {
    const found = await sessions.current(request);
    return { found, before: found?.uid === person.uid ? found : undefined };
  };

/** The roles to begin with: the one of this session, else the agent's. A card that came anew brings its own. */
const heldRoles = (before: Session | undefined, { cisSessionId, roleId }: Authentication) => [
  before && (cisSessionId === null || before.cisSessionId === cisSessionId) ? before.roleId : null,
  roleId,
];

/** The last question: who comes to it has signed in and may be sent on. */
const chooseRole = (parts: Parts) =>
  async function chooseRole(known: Whole): Promise<Answer | { roleId: string | null }> {
    const { interaction, authentication, person, before, spends, confirmed } = known;
    const chosen = choiceOf(person, known.chosenRoleId);
    if (chosen !== undefined) return { roleId: chosen };
    const { scope } = interaction.authorization;
    const { roleId, asks } = settleRole(person, scope, heldRoles(before, authentication));
    if (!asks) return { roleId };
    if (isSilent(interaction.authorization))
      return failInteraction(
        parts,
        known,
        spends,
        responseErrors.interactionRequired('a role must be chosen'),
      );
    const waiting = interaction.sid === null ? { authentication, confirmed } : { confirmed };
    return toPage(parts, { ...known, interaction: { ...interaction, ...waiting } }, spends, 'role');
  };

/** A sign-in begins a session, or proves its user anew. */
const signInStatement = (
  { audit }: Parts,
  { request, authentication, client, before }: Whole,
  { sid, roleId }: Session,
): Statement =>
  audit.recordStatement({
    action: before ? 'cis2.signed-in-again' : 'cis2.sign-in',
    outcome: 'ok',
    actor: authentication.uid,
    role: roleId,
    application: client.application.id,
    session: sid,
    device: authentication.agentId,
    address: request.address,
    detail: {
      authenticator: authentication.authenticator,
      level: authentication.level.nhs,
      credential: authentication.credentialId ?? undefined,
    },
  });

const establishSession = (parts: Parts) =>
  async function establishSession(known: Whole & { roleId: string | null }): Promise<Answer> {
    const { request, interaction, client, reply, authentication, person, spends, found, before, roleId } =
      known;
    const { sessions, codes, ends, marks, interactions } = parts;
    const made = sessions.prepare(authentication, person.idAssuranceLevel, roleId, before);
    const { code, statements } = codes.prepare(client, interaction.authorization, made.session);
    const { done } = await parts.database.batch([
      ...spends,
      interactions.endStatement(interaction),
      ...made.statements,
      sessions.joinStatement(made.session.sid, client.registration.clientId),
      ...statements,
      signInStatement(parts, known, made.session),
    ]);
    if (!done) {
      const { cisSessionId } = authentication;
      if (cisSessionId !== null && (await sessions.cisEnded(cisSessionId)))
        throw signInErrors.sessionEnded('it ended during the sign-in');
      throw signInErrors.returnRefused('it was answered before');
    }
    // One person in a browser, and one person at a desk.
    if (found && !before) await ends.end([found], 'anotherPerson');
    if (authentication.agentId !== null)
      await ends.end(await sessions.ofOthers(authentication.agentId, person.uid), 'anotherPerson');
    codes.sent(client, interaction.authorization, code, authentication.personAt < interaction.createdAt);
    return reply.succeed(code, interaction.authorization.scope).with({
      'set-cookie': [
        made.cookie,
        interactions.clearedCookie(interaction),
        ...(marks.signedOut(request) ? [marks.signingIn()] : []),
      ],
    });
  };

/** From a proved sign-in to the code for the client. */
export const createFinish = (parts: Parts) =>
  steps<Finishing>()
    .step(findPerson(parts))
    .step(checkPerson(parts))
    .step(checkLevel(parts))
    .step(checkAge(parts))
    .step(confirmPerson(parts))
    .step(findBefore(parts))
    .step(chooseRole(parts))
    .step(establishSession(parts));

export type Finish = ReturnType<typeof createFinish>;
