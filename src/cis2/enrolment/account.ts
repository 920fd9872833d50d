import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { parseParameters } from '../../oauth/parameters.ts';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import { accountPath } from '../model/account-client.ts';
import type { AssuranceLevel } from '../model/acr.ts';
import type { CisClient } from '../model/cis-client.ts';
import type { Credential, Credentials } from '../model/credentials.ts';
import { formOf } from '../model/form.ts';
import type { Interactions } from '../model/interactions.ts';
import { requireOwnPage } from '../responses/own-page.ts';
import type { ReplyFrame } from '../responses/reply.ts';
import type { SessionEnds } from '../sessions/session-ends.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Authenticators } from '../sign-in/authenticators.ts';
import { accountSignIn } from './account-sign-in.ts';
import type { Enrolment, Enrolments } from './enrolment.ts';
import { enrolmentErrors } from './errors.ts';
import { labelOf } from './label.ts';
import { linkLifetime } from './links.ts';
import type { Notices } from './notices.ts';
import { accountPage, credentialPage, type OwnCredential } from './pages/account.ts';
import { accountNotice } from './pages/account-notice.ts';
import { enrolmentPath, type PendingEnrolments } from './pending-enrolments.ts';
import { credentialPath, isRecent, orReauthenticate, pathAfter } from './recent.ts';
import { removing } from './remove.ts';
import { orAskToSignIn, requireSignedIn, type SignedIn, type Start } from './signed-in.ts';

type Parts = ReplyFrame & {
  origin: string;
  clock: Clock;
  database: Database;
  cis: CisClient;
  audit: AuditLog;
  notices: Notices;
  authenticators: Authenticators;
  credentials: Credentials;
  sessions: Sessions;
  ends: SessionEnds;
  pendingEnrolments: PendingEnrolments;
  enrolments: Enrolments;
  interactions: Interactions;
};

interface Owned extends SignedIn {
  credential: Credential<unknown>;
}

const levelOf = ({ enrolments }: Parts, credential: Credential<unknown>): AssuranceLevel => {
  const enrolment = enrolments.get(credential.kind);
  return enrolment?.levelOf?.(credential) ?? enrolment?.level ?? 3;
};

const described = (parts: Parts, credential: Credential<unknown>): OwnCredential => ({
  label: credential.label,
  kind: parts.enrolments.get(credential.kind)?.label ?? credential.kind,
  level: levelOf(parts, credential),
  createdAt: credential.createdAt,
  usedAt: credential.usedAt,
  href: credentialPath(credential.id),
});

const showAccount = (parts: Parts) =>
  async function showAccount({ session, person, level }: SignedIn): Promise<Answer> {
    const own = await parts.credentials.of(session.uid);
    const others = await parts.sessions.othersOf(session.uid, session.sid);
    return accountPage({
      personName: person.displayName,
      level,
      recent: isRecent(session, parts.clock.now()),
      others: others.length,
      credentials: own.map((credential) => described(parts, credential)),
      enrolments: parts.enrolments.all,
      development: parts.development,
    });
  };

/** Nobody adds what counts more than the sign-in behind it (NIST SP 800-63B section 4.1.2.1). */
const findEnrolment = ({ enrolments }: Parts) =>
  async function findEnrolment({ request, level }: SignedIn): Promise<Answer | { enrolment: Enrolment }> {
    const enrolment = enrolments.get(formOf(request).get('kind') ?? '');
    if (!enrolment) return redirect(accountPath, 303);
    if (level < enrolment.level)
      throw enrolmentErrors.accountLevel(
        `${enrolment.kind} needs level ${enrolment.level}, the session has ${level}`,
      );
    return { enrolment };
  };

/** An enrolment that was begun soon after the PIN may be finished while it lives. */
const beginAdding = ({ pendingEnrolments, database, sessions, clock }: Parts) =>
  async function beginAdding({
    session,
    level,
    enrolment,
  }: SignedIn & { enrolment: Enrolment }): Promise<Answer> {
    const { uid, sid } = session;
    const begun = pendingEnrolments.prepare({
      uid,
      sid,
      kind: enrolment.kind,
      actor: `user:${uid}`,
      ceiling: level,
      expiresAt: clock.now() + linkLifetime,
    });
    const { done } = await database.batch([sessions.requireLiveStatement(sid), begun.statement]);
    if (!done) throw enrolmentErrors.notSignedIn('the session ended in this very moment');
    return redirect(enrolmentPath(begun.pending.id), 303, { 'set-cookie': begun.cookie });
  };

/** One of the person's own, which counts no more than the sign-in of now. */
const findOwn = (parts: Parts) =>
  async function findOwn({
    request,
    session,
    level,
  }: SignedIn): Promise<{ credential: Credential<unknown> }> {
    const credential = await parts.credentials.get(request.path.split('/')[3] ?? '');
    if (credential?.uid !== session.uid)
      throw enrolmentErrors.credentialUnknown('the person has none with this id');
    const needed = levelOf(parts, credential);
    if (level < needed)
      throw enrolmentErrors.accountLevel(`it is of level ${needed}, the session has ${level}`);
    return { credential };
  };

const showOwn = (parts: Parts) =>
  async function showOwn({ credential, session }: Owned): Promise<Answer> {
    return credentialPage({
      credential: described(parts, credential),
      inUse: session.authentication.credentialId === credential.id,
      development: parts.development,
    });
  };

const rename = ({ database, credentials, audit, notices, clock }: Parts) =>
  async function rename({ request, session, credential }: Owned): Promise<Answer> {
    const label = labelOf(formOf(request).get('label'), credential.label);
    const { done } = await database.batch([
      credentials.renameStatement(credential.id, label),
      notices.postStatement(session.uid, accountNotice('renamed', label, clock.now())),
      audit.recordStatement({
        actor: `user:${session.uid}`,
        action: 'authenticator.rename',
        target: session.uid,
        outcome: 'ok',
        detail: { kind: credential.kind, credential: credential.id },
      }),
    ]);
    if (!done) throw enrolmentErrors.credentialUnknown('it was removed meanwhile');
    notices.begin();
    return redirect(accountPath, 303);
  };

const remove = (parts: Parts) => {
  const removeCredential = removing(parts);
  return async function remove({ session, credential }: Owned): Promise<Answer> {
    await removeCredential(credential, { actor: `user:${session.uid}`, cause: 'signedOut' });
    return redirect(accountPath, 303);
  };
};

/** Ends the sessions of the user in other browsers, as a change of an authenticator offers (ASVS 5.0, 7.4.3). */
const endOthers = ({ sessions, ends }: Parts) =>
  async function endOthers({ session: { uid, sid } }: SignedIn): Promise<Answer> {
    await ends.end(await sessions.othersOf(uid, sid), 'signedOut', `user:${uid}`);
    return redirect(accountPath, 303);
  };

/** Back from a sign-in: the code in the address is for nobody, its state names the page to go on with. */
async function forgetQuery({ request }: Start): Promise<Answer | undefined> {
  if (request.query === '') return undefined;
  return redirect(pathAfter(parseParameters(request.query)?.get('state')));
}

/** `/account`: a person's own ways to sign in, after a sign-in in this browser. */
export function accountRoutes(parts: Parts): Route[] {
  const started = steps<Start>();
  const signedIn = started.step(requireSignedIn(parts));
  const posted = started.step(requireOwnPage(parts.origin)).step(requireSignedIn(parts));
  const route = (
    method: 'GET' | 'POST',
    path: string,
    list: { run(start: Start): Promise<Answer> },
  ): Route => ({
    methods: [method],
    path,
    endpoint: (request) => list.run({ request }),
  });
  const one = credentialPath(':id');
  const again = orReauthenticate(parts);
  const changing = posted.step(findOwn(parts)).step(again);
  return [
    route('GET', accountPath, started.step(forgetQuery).step(orAskToSignIn(parts)).step(showAccount(parts))),
    route('GET', `${accountPath}/sign-in`, accountSignIn(parts)),
    route(
      'POST',
      `${accountPath}/add`,
      posted.step(findEnrolment(parts)).step(again).step(beginAdding(parts)),
    ),
    route('POST', `${accountPath}/end-others`, posted.step(again).step(endOthers(parts))),
    route('GET', one, signedIn.step(findOwn(parts)).step(again).step(showOwn(parts))),
    route('POST', `${one}/rename`, changing.step(rename(parts))),
    route('POST', `${one}/remove`, changing.step(remove(parts))),
  ];
}
