import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import type { AssuranceLevel } from '../acr.ts';
import type { Credential, Credentials } from '../authenticators/credentials.ts';
import { formOf } from '../authenticators/form.ts';
import type { Authenticators } from '../authenticators/registry.ts';
import type { CisClient } from '../cis-client.ts';
import { errors } from '../errors.ts';
import type { Interactions } from '../interaction/interactions.ts';
import { accountPath } from '../interaction/own-party.ts';
import type { SessionEnds } from '../logout/session-ends.ts';
import { requireOwnPage } from '../own-page.ts';
import { accountPage, credentialPage, type OwnCredential } from '../pages/account.ts';
import type { ReplyFrame } from '../reply.ts';
import type { Sessions } from '../sessions.ts';
import { accountSignIn } from './account-sign-in.ts';
import { type Enrollings, enrolmentPath } from './enrollings.ts';
import { labelOf } from './label.ts';
import { linkLifetime } from './links.ts';
import type { Enrolments } from './registry.ts';
import { removing } from './remove.ts';
import { orAskToSignIn, requireSignedIn, type SignedIn, type Start } from './signed-in.ts';

type Parts = ReplyFrame & {
  origin: string;
  clock: Clock;
  database: Database;
  cis: CisClient;
  audit: AuditLog;
  authenticators: Authenticators;
  credentials: Credentials;
  sessions: Sessions;
  ends: SessionEnds;
  enrollings: Enrollings;
  enrolments: Enrolments;
  interactions: Interactions;
};

interface Owned extends SignedIn {
  credential: Credential<unknown>;
}

const credentialPath = (id: string) => `${accountPath}/authenticator/${id}`;

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
    return accountPage({
      personName: person.displayName,
      level,
      credentials: own.map((credential) => described(parts, credential)),
      enrolments: parts.enrolments.all,
      development: parts.development,
    });
  };

/** Nobody adds what counts more than the sign-in behind it (NIST SP 800-63B section 4.1.2.1). */
const beginAdding = ({ enrolments, enrollings, database, sessions, clock }: Parts) =>
  async function beginAdding({ request, session, level }: SignedIn): Promise<Answer> {
    const enrolment = enrolments.get(formOf(request).get('kind') ?? '');
    if (!enrolment) return redirect(accountPath, 303);
    if (level < enrolment.level)
      throw errors.accountLevel(`${enrolment.kind} needs level ${enrolment.level}, the session has ${level}`);
    const { uid, sid } = session;
    const begun = enrollings.beginning({
      uid,
      sid,
      kind: enrolment.kind,
      actor: `user:${uid}`,
      ceiling: level,
      expiresAt: clock.now() + linkLifetime,
    });
    const { done } = await database.batch([sessions.needing(sid), begun.statement]);
    if (!done) throw errors.notSignedIn('the session ended in this very moment');
    return redirect(enrolmentPath(begun.enrolling.id), 303, { 'set-cookie': begun.cookie });
  };

/** One of the person's own, which counts no more than the sign-in of now. */
const findOwn = (parts: Parts) =>
  async function findOwn({
    request,
    session,
    level,
  }: SignedIn): Promise<{ credential: Credential<unknown> }> {
    const credential = await parts.credentials.get(request.path.split('/')[3] ?? '');
    if (credential?.uid !== session.uid) throw errors.credentialUnknown('the person has none with this id');
    const needed = levelOf(parts, credential);
    if (level < needed) throw errors.accountLevel(`it is of level ${needed}, the session has ${level}`);
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

const rename = ({ database, credentials, audit }: Parts) =>
  async function rename({ request, session, credential }: Owned): Promise<Answer> {
    const label = labelOf(formOf(request).get('label'), credential.label);
    const { done } = await database.batch([credentials.renaming(credential.id, label)]);
    if (!done) throw errors.credentialUnknown('it was removed meanwhile');
    await audit.write({
      actor: `user:${session.uid}`,
      action: 'authenticator.rename',
      target: session.uid,
      outcome: 'ok',
      detail: { kind: credential.kind, credential: credential.id },
    });
    return redirect(accountPath, 303);
  };

const remove = (parts: Parts) => {
  const removeCredential = removing(parts);
  return async function remove({ session, credential }: Owned): Promise<Answer> {
    await removeCredential(credential, { actor: `user:${session.uid}`, cause: 'signedOut' });
    return redirect(accountPath, 303);
  };
};

/** Back from a sign-in: what came with the address is for nobody. */
async function forgetQuery({ request }: Start): Promise<Answer | undefined> {
  return request.query === '' ? undefined : redirect(accountPath);
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
  return [
    route('GET', accountPath, started.step(forgetQuery).step(orAskToSignIn(parts)).step(showAccount(parts))),
    route('GET', `${accountPath}/sign-in`, accountSignIn(parts)),
    route('POST', `${accountPath}/add`, posted.step(beginAdding(parts))),
    route('GET', one, signedIn.step(findOwn(parts)).step(showOwn(parts))),
    route('POST', `${one}/rename`, posted.step(findOwn(parts)).step(rename(parts))),
    route('POST', `${one}/remove`, posted.step(findOwn(parts)).step(remove(parts))),
  ];
}
