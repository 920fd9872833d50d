import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import { type Refusal, reasonOf } from '@alongside/kernel/errors';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import type { Person } from '../../cis/protocol.ts';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database, Statement } from '../../storage/database.ts';
import { responseErrors } from '../errors/response.ts';
import type { BrowserMarks } from '../model/browser-marks.ts';
import type { CisClient } from '../model/cis-client.ts';
import {
  type Interaction,
  type Interactions,
  interactionPath,
  isSilent,
  withoutSignIn,
} from '../model/interactions.ts';
import { choiceOf, settleRole } from '../model/roles.ts';
import {
  type AfterSignOut,
  type Authentication,
  firstMet,
  type Session,
  strengthFor,
} from '../model/session.ts';
import type { Codes } from '../responses/authorization-response.ts';
import type { SessionEnds } from '../sessions/session-ends.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { words } from '../text/words.ts';
import { signInErrors } from './errors.ts';
import type { InteractionContext, SignInContext } from './open.ts';

/** A proved sign-in, with the answers that the user has given to its questions. */
export interface ProvedSignIn extends SignInContext {
  /** The user answered "Continue as …", or need not. */
  confirmed: boolean;
  /** Chosen on the role page, from the roles that the user had then. */
  chosenRoleId?: string | undefined;
  /** The agent has seen that a program of this user waits for the code. */
  ownListener?: boolean;
}

interface FinishDependencies {
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

interface FinishContext extends ProvedSignIn {
  provider: FinishDependencies;
}

interface PersonContext extends FinishContext {
  person: Person;
  /** The session of this browser, of any user. */
  found: Session | undefined;
  /** The same session if it is this user's. */
  before: Session | undefined;
}

/** The clocks of two services may differ by this many milliseconds. */
const skew = 5_000;

/** Ends the interaction with an error response to the client. */
export async function failInteraction(
  { database, interactions }: Pick<FinishDependencies, 'database' | 'interactions'>,
  { interaction, reply }: InteractionContext,
  spends: readonly Statement[],
  refusal: Refusal,
): Promise<Answer> {
  const { done } = await database.batch([...spends, ...interactions.endStatements(interaction)]);
  if (!done) throw signInErrors.returnRefused('it was answered before');
  return reply.fail(refusal).with({ 'set-cookie': interactions.clearedCookie(interaction) });
}

/** Saves the interaction and redirects the browser to one of its pages. */
export async function toPage(
  { database, interactions }: Pick<FinishDependencies, 'database' | 'interactions'>,
  { request, interaction }: Pick<InteractionContext, 'request' | 'interaction'>,
  spends: readonly Statement[],
  part = '',
): Promise<Answer> {
  const { done } = await database.batch([...spends, interactions.saveStatement(interaction)]);
  if (!done) throw signInErrors.returnRefused('it was answered before');
  return redirect(interactionPath(interaction.id, part), request.method === 'POST' ? 303 : 302);
}

const fail = (context: FinishContext, refusal: Refusal): Promise<Answer> =>
  failInteraction(context.provider, context, context.spends, refusal);

/** Asks the user on a page of the interaction. A silent request may show no page, so it fails with `refusal`. */
async function askUser(
  context: FinishContext,
  refusal: Refusal,
  changes: Partial<Interaction>,
  part = '',
): Promise<Answer> {
  const interaction = { ...context.interaction, ...changes };
  if (isSilent(interaction.authorization)) return fail(context, refusal);
  return toPage(context.provider, { ...context, interaction }, context.spends, part);
}

const findPerson = check('user', async function findPerson(context: FinishContext) {
  const { provider, interaction, authentication } = context;
  let person: Person | undefined;
  try {
    person = await provider.cis.person(authentication.uid);
  } catch (error) {
    // A user can try again from the error page. A silent request needs an error response.
    if (!isSilent(interaction.authorization)) throw error;
    return fail(context, responseErrors.temporarilyUnavailable(reasonOf(error)));
  }
  if (person && !person.disabled) return { person };
  const reason = person ? 'the person is disabled' : 'the directory has no such person';
  return fail(context, responseErrors.personRefused(reason));
});

const checkPerson = check('expected-user', async function checkPerson(context: FinishContext) {
  const { subject } = context.interaction.authorization;
  if (subject === null || subject === context.authentication.uid) return undefined;
  return fail(context, responseErrors.loginRequired('another person than the expected one signed in'));
});

const checkLevel = check('level', async function checkLevel(context: FinishContext) {
  const { interaction, authentication, client } = context;
  const strength = strengthFor(authentication, client.registration);
  if (firstMet(interaction.authorization.acr, strength) !== undefined) return undefined;
  const refusal = responseErrors.loginRequired('the sign-in does not meet the requested level');
  return askUser(context, refusal, { ...withoutSignIn, message: words.choice.levelUnmet });
});

/** `prompt=login` and a strict `max_age` require a new PIN (OpenID Connect Core section 3.1.2.1). */
const checkAge = check('age', async function checkAge(context: FinishContext) {
  const { provider, interaction, authentication, client } = context;
  const { personSince, createdAt } = interaction;
  const { maxAge } = interaction.authorization;
  const { personAt, proofCounts } = authentication;
  const now = provider.clock.now();
  if (personSince !== null && personAt < personSince - skew) {
    const refusal = responseErrors.loginRequired('the PIN is older than the request for it');
    return askUser(context, refusal, { ...withoutSignIn, message: words.choice.pinOld });
  }
  const proofMeetsAge = client.registration.maxAge === 'proof' && proofCounts;
  // A sign-in within this interaction is recent enough for any max_age.
  if (maxAge === null || proofMeetsAge || personAt >= createdAt || now - personAt <= maxAge * 1000)
    return undefined;
  const refusal = responseErrors.loginRequired('the PIN is older than max_age');
  return askUser(context, refusal, { ...withoutSignIn, personSince: now }, authentication.authenticator);
});

/**
 * Asks "Continue as …" before an automatic sign-in in a browser in which a user signed out, or to a client that any local user may
 * be, and for `prompt=consent` (outside the `nhs` profile).
 */
const confirmPerson = check('confirmation', async function confirmPerson(context: FinishContext) {
  const { provider, request, interaction, authentication, client, confirmed, ownListener } = context;
  if (confirmed) return undefined;
  const consent =
    interaction.authorization.prompt.includes('consent') && client.registration.profile !== 'nhs';
  const automatic = authentication.personAt < interaction.createdAt && !interaction.chosen;
  const signedOut = provider.afterSignOut !== 'silent' && provider.marks.signedOut(request);
  const unknown =
    !ownListener && provider.marks.mustConfirm(request, authentication.uid, interaction.authorization);
  if (!consent && !(automatic && (signedOut || unknown))) return undefined;
  const refusal = responseErrors.interactionRequired('the user must confirm on a page');
  return askUser(context, refusal, { authentication }, 'confirm');
});

async function findEarlierSession({ provider, request, person }: FinishContext & { person: Person }) {
  const found = await provider.sessions.current(request);
  return { found, before: found?.uid === person.uid ? found : undefined };
}

/** Returns the roles to start from: that of the session, unless the card was inserted again, then that of the agent. */
const heldRoles = (before: Session | undefined, { cisSessionId, roleId }: Authentication) => [
  before && (cisSessionId === null || before.cisSessionId === cisSessionId) ? before.roleId : null,
  roleId,
];

/** Asks for the role last, when nothing else can stop the sign-in. */
async function chooseRole(context: PersonContext) {
  const { interaction, authentication, person, before } = context;
  const chosen = choiceOf(person, context.chosenRoleId);
  if (chosen !== undefined) return { roleId: chosen };
  const { roleId, asks } = settleRole(
    person,
    interaction.authorization.scope,
    heldRoles(before, authentication),
  );
  if (!asks) return { roleId };
  const waiting = interaction.sid === null ? { authentication, confirmed: true } : { confirmed: true };
  return askUser(context, responseErrors.interactionRequired('a role must be chosen'), waiting, 'role');
}

const signInStatement = (
  { provider, request, authentication, client, before }: PersonContext,
  { sid, roleId }: Session,
): Statement =>
  provider.audit.recordStatement({
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

async function establishSession(
  context: PersonContext &
    Passed<'user' | 'expected-user' | 'level' | 'age' | 'confirmation'> & { roleId: string | null },
): Promise<Answer> {
  const { provider, request, interaction, client, reply, authentication, person, found, before } = context;
  const { sessions, codes, ends, marks, interactions } = provider;
  const made = sessions.prepare(authentication, person.idAssuranceLevel, context.roleId, before);
  const { code, statements } = codes.prepare(
    client,
    interaction.authorization,
    made.session,
    request.activity,
  );
  const { done } = await provider.database.batch([
    // First: on PostgreSQL it waits for an end that is being stored, and others need not wait for its locks meanwhile.
    made.statement,
    ...context.spends,
    ...interactions.endStatements(interaction),
    sessions.joinStatement(made.session.sid, client.registration.clientId, !before),
    ...statements,
    signInStatement(context, made.session),
  ]);
  if (!done) {
    if (await sessions.hasEnded(authentication))
      throw signInErrors.sessionEnded('it ended during the sign-in');
    throw signInErrors.returnRefused('it was answered before');
  }
  // A browser has one user, and so has a workstation.
  if (found && !before) await ends.end([found], 'anotherPerson');
  if (authentication.agentId !== null)
    await ends.end(await sessions.ofOthers(authentication.agentId, person.uid), 'anotherPerson');
  const silent = authentication.personAt < interaction.createdAt;
  codes.sent(client, interaction.authorization, { code, silent, session: made.session }, request.activity);
  return reply.succeed(code, interaction.authorization.scope).with({
    'set-cookie': [
      made.cookie,
      interactions.clearedCookie(interaction),
      ...(marks.signedOut(request) ? [marks.signingIn()] : []),
      ...marks.confirming(request, person.uid, interaction.authorization),
    ],
  });
}

const finishSteps = steps<FinishContext>('cis2.finish')
  .step(findPerson)
  .step(checkPerson)
  .step(checkLevel)
  .step(checkAge)
  .step(confirmPerson)
  .step(findEarlierSession)
  .step(chooseRole)
  .step(establishSession);

/** Finishes a proved sign-in: answers the client with a code, or asks the user on a page. */
export interface Finish {
  run(signIn: ProvedSignIn): Promise<Answer>;
}

export const createFinish = (provider: FinishDependencies): Finish => ({
  run: (signIn) => finishSteps.run({ ...signIn, provider }),
});
