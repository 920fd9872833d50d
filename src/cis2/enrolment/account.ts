import { type Answer, redirect } from '@alongside/kernel/answer';
import type { ErrorFormat, Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { parseParameters } from '../../oauth/parameters.ts';
import type { Credential } from '../model/credentials.ts';
import { accountPath } from '../model/relying-party.ts';
import type { AssuranceLevel } from '../model/session.ts';
import { handlersOf } from '../responses/error-answers.ts';
import { checkSameOrigin, formOf } from '../responses/own-form.ts';
import { accountSignIn } from './account-sign-in.ts';
import { type Enrolment, labelOf } from './enrolment.ts';
import { enrolmentErrors } from './errors.ts';
import { accountPage, credentialPage, type OwnCredential } from './pages/account.ts';
import { enrolmentPath, linkLifetime } from './pending-enrolments.ts';
import { removeCredential } from './remove.ts';
import type { EnrolmentServices, Start } from './services.ts';
import {
  credentialPath,
  isRecent,
  orAskToSignIn,
  pathAfter,
  requireRecentSignIn,
  requireSignedIn,
  type SignedInUser,
} from './signed-in.ts';

type AccountContext<Params = unknown> = Start<Params> & SignedInUser;

interface CredentialContext extends AccountContext {
  credential: Credential<unknown>;
}

/** Marks that a change requires: a form of this origin, and a recent sign-in. */
type MayChange = Passed<'same-origin' | 'signed-in' | 'recent-sign-in'>;

const levelOf = ({ enrolments }: EnrolmentServices, credential: Credential<unknown>): AssuranceLevel => {
  const enrolment = enrolments.get(credential.kind);
  return enrolment?.levelOf?.(credential) ?? enrolment?.level ?? 3;
};

const described = (provider: EnrolmentServices, credential: Credential<unknown>): OwnCredential => ({
  label: credential.label,
  kind: provider.enrolments.get(credential.kind)?.label ?? credential.kind,
  level: levelOf(provider, credential),
  createdAt: credential.createdAt,
  usedAt: credential.usedAt,
  href: credentialPath(credential.id),
});

async function showAccount({
  request,
  provider,
  session,
  person,
  level,
}: AccountContext & Passed<'signed-in'>): Promise<Answer> {
  const own = await provider.credentials.of(session.uid);
  const others = await provider.sessions.othersOf(session.uid, session.sid);
  return accountPage({
    personName: person.displayName,
    level,
    recent: isRecent(session, provider.clock.now()),
    others: others.length,
    credentials: own.map((credential) => described(provider, credential)),
    enrolments: provider.enrolments.all,
    chosen: parseParameters(request.query)?.get('kind'),
    development: provider.development,
  });
}

/** A user may not add an authenticator of a higher level than the sign-in (NIST SP 800-63B-4 section 4.1.2.1). */
const checkEnrolmentLevel = check(
  'level',
  async function checkEnrolmentLevel({ provider, request, level }: AccountContext & Passed<'signed-in'>) {
    const enrolment = provider.enrolments.get(formOf(request).get('kind') ?? '');
    if (!enrolment) return redirect(accountPath, 303);
    if (level < enrolment.level)
      throw enrolmentErrors.accountLevel(
        `${enrolment.kind} needs level ${enrolment.level}, the session has ${level}`,
      );
    return { enrolment };
  },
);

/** The recent sign-in counts until the enrolment expires. */
async function beginEnrolment({
  provider: { pendingEnrolments, database, sessions, clock },
  session: { uid, sid },
  level,
  enrolment,
}: AccountContext & MayChange & Passed<'level'> & { enrolment: Enrolment }): Promise<Answer> {
  const begun = pendingEnrolments.prepare({
    uid,
    sid,
    kind: enrolment.kind,
    actor: `user:${uid}`,
    ceiling: level,
    expiresAt: clock.now() + linkLifetime,
  });
  const { done } = await database.batch([sessions.requireLiveStatement(sid), begun.statement]);
  if (!done) throw enrolmentErrors.notSignedIn('the session ended at the same time');
  return redirect(enrolmentPath(begun.pending.id), 303, { 'set-cookie': begun.cookie });
}

/** Finds an authenticator of the user, of at most the level of the sign-in. */
const findOwnCredential = check(
  'owner',
  async function findOwnCredential({
    provider,
    request,
    session,
    level,
  }: AccountContext<{ id: string }> & Passed<'signed-in'>) {
    const credential = await provider.credentials.get(request.params.id);
    if (credential?.uid !== session.uid)
      throw enrolmentErrors.credentialUnknown('the person has none with this id');
    const needed = levelOf(provider, credential);
    if (level < needed)
      throw enrolmentErrors.accountLevel(`it is of level ${needed}, the session has ${level}`);
    return { credential };
  },
);

async function showCredential({
  request,
  provider,
  credential,
  session,
}: CredentialContext & Passed<'owner'>): Promise<Answer> {
  return credentialPage({
    credential: described(provider, credential),
    newLabel: labelOf(parseParameters(request.query)?.get('label'), credential.label),
    inUse: session.authentication.credentialId === credential.id,
    development: provider.development,
  });
}

async function rename({
  provider: { database, credentials, audit, notices },
  request,
  session: { uid },
  credential: { id, kind, label: before },
}: CredentialContext & MayChange & Passed<'owner'>): Promise<Answer> {
  const label = labelOf(formOf(request).get('label'), before);
  const { done } = await database.batch([
    credentials.renameStatement(id, label),
    notices.postStatement(uid, 'renamed', label),
    audit.recordStatement({
      actor: `user:${uid}`,
      action: 'authenticator.rename',
      target: uid,
      outcome: 'ok',
      detail: { kind, credential: id },
    }),
  ]);
  if (!done) throw enrolmentErrors.credentialUnknown('it was removed meanwhile');
  notices.begin();
  return redirect(accountPath, 303);
}

async function remove({
  provider,
  session,
  credential,
}: CredentialContext & MayChange & Passed<'owner'>): Promise<Answer> {
  await removeCredential(provider, credential, { actor: `user:${session.uid}`, cause: 'signedOut' });
  return redirect(accountPath, 303);
}

/** Ends the sessions of the user in other browsers, as a change of an authenticator offers (ASVS 5.0, 7.4.3). */
async function endOthers({
  provider: { ends },
  session: { uid, sid },
}: AccountContext & MayChange): Promise<Answer> {
  await ends.endPerson(uid, 'signedOut', `user:${uid}`, sid);
  return redirect(accountPath, 303);
}

/** Removes the response of a sign-in from the address. Nothing redeems its code; its state names the next page. */
async function removeQuery({ request }: Start) {
  if (request.query === '') return undefined;
  return redirect(pathAfter(parseParameters(request.query)?.get('state')));
}

const form = <Params = unknown>(name: string) =>
  steps<Start<Params>>(name).step(checkSameOrigin).step(requireSignedIn);
const changeForm = (name: string) =>
  form<{ id: string }>(name).step(findOwnCredential).step(requireRecentSignIn);

const account = steps<Start>('cis2.account').step(removeQuery).step(orAskToSignIn).step(showAccount);
/** Shows the form with the kind that the user chose before the sign-in. */
const chosen = steps<Start>('cis2.account-chosen').step(orAskToSignIn).step(showAccount);
const add = form('cis2.account-add').step(checkEnrolmentLevel).step(requireRecentSignIn).step(beginEnrolment);
const end = form('cis2.account-end-others').step(requireRecentSignIn).step(endOthers);
const own = steps<Start<{ id: string }>>('cis2.account-authenticator')
  .step(requireSignedIn)
  .step(findOwnCredential)
  .step(requireRecentSignIn)
  .step(showCredential);
const renamed = changeForm('cis2.account-rename').step(rename);
const removed = changeForm('cis2.account-remove').step(remove);

/** `/account`: the user's own authenticators, after a sign-in in this browser. */
export function accountRoutes(provider: EnrolmentServices, errors: ErrorFormat): Route[] {
  const handler = handlersOf(provider, errors);
  return [
    ...route(accountPath, { GET: handler(account) }),
    ...route(`${accountPath}/sign-in`, { GET: handler(accountSignIn) }),
    ...route(`${accountPath}/add`, { GET: handler(chosen), POST: handler(add) }),
    ...route(`${accountPath}/end-others`, { POST: handler(end) }),
    ...route(`${accountPath}/authenticator/:id`, { GET: handler(own) }),
    ...route(`${accountPath}/authenticator/:id/rename`, { POST: handler(renamed) }),
    ...route(`${accountPath}/authenticator/:id/remove`, { POST: handler(removed) }),
  ];
}
