import type { Answer } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import type { Log } from '@alongside/kernel/log';
import { steps } from '@alongside/kernel/steps';
import type { AuditLog } from '../../../storage/audit.ts';
import type { Database, Statement } from '../../../storage/database.ts';
import { type AssuranceLevel, couldMeet, firstMet } from '../../model/acr.ts';
import type { Credential } from '../../model/credentials.ts';
import { formOf } from '../../model/form.ts';
import { type Interactions, interactionPath, withoutSignIn } from '../../model/interactions.ts';
import type { AuthenticationContext, Authenticator } from '../../sign-in/authenticator.ts';
import type { CompleteSignIn } from '../../sign-in/complete-sign-in.ts';
import { toPage } from '../../sign-in/finish.ts';
import type { InteractionContext } from '../../sign-in/open.ts';
import { noteRefusedSignIn } from '../../sign-in/refused.ts';
import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';
import { local } from '../shared/local.ts';
import { type Ceremony, requestOptions, spendChallenge } from './ceremony.ts';
import { webAuthnSignInPage } from './page.ts';
import { type AtUse, levelAtBest, levelOf } from './policy.ts';
import { type Assertion, type ClientData, clientDataOf, readAssertion } from './response.ts';
import { type WebAuthnBody, type WebAuthnKind, webAuthnMethods } from './variants.ts';
import { findCredential, verifyAssertion } from './verify.ts';

/** What every authenticator by WebAuthn is built from. */
export interface WebAuthnParts {
  ceremony: Ceremony;
  completeSignIn: CompleteSignIn;
  database: Database;
  interactions: Interactions;
  recorder: Recorder;
  audit: AuditLog;
  log: Log;
  development: boolean;
}

/** Returns the page on which the browser asks the authenticator, with a fresh challenge. Throws `tooManyRows`. */
async function showSignIn(
  { ceremony, development }: Pick<WebAuthnParts, 'ceremony' | 'development'>,
  kind: WebAuthnKind,
  { request, interaction, client }: AuthenticationContext,
  problem = '',
): Promise<Answer> {
  await ceremony.limitRows(request);
  // Whose credentials they are is told only where a session or a token of ours says so (WebAuthn section 14.6.3).
  const uid = interaction.expected?.uid ?? null;
  return webAuthnSignInPage({
    kind,
    applicationName: client.application.name,
    options: await requestOptions(ceremony, kind, interaction.id, uid),
    action: interactionPath(interaction.id, `${kind.id}/answer`),
    otherWay: interactionPath(interaction.id),
    problem,
    development,
  });
}

const { webAuthn: says } = words;

interface Answered extends InteractionContext {
  assertion: Assertion;
  clientData: ClientData;
}

interface Known extends Answered {
  credential: Credential<WebAuthnBody>;
}

type Used = Known & { level: 2 | 3; uses: Statement };

/** Returns the page again, with a fresh challenge. */
type Again = (context: InteractionContext, sentence: string, detail: string) => Promise<Answer>;

const again =
  (parts: WebAuthnParts, kind: WebAuthnKind): Again =>
  (context, sentence, detail) => {
    noteRefusedSignIn(parts, context, kind.id, detail);
    return showSignIn(parts, kind, context, filled(sentence, { thing: kind.thing }));
  };

const readAnswer = (refuse: Again) =>
  async function readAnswer(
    context: InteractionContext,
  ): Promise<Answer | Pick<Answered, 'assertion' | 'clientData'>> {
    const assertion = readAssertion(formOf(context.request).get('response') ?? '');
    const clientData = assertion && clientDataOf(assertion);
    if (assertion && clientData) return { assertion, clientData };
    return refuse(context, says.malformed, 'the form holds no assertion of this page');
  };

/** Any answer spends its challenge, right or wrong: none is tried twice. */
const spend = ({ ceremony }: WebAuthnParts, refuse: Again) =>
  async function spend(known: Answered): Promise<Answer | undefined> {
    const { clientData, interaction } = known;
    if (!(await spendChallenge(ceremony.singleUse, clientData.challenge, interaction.id)))
      return refuse(known, says.tooLate, 'the challenge is old, used, or of another sign-in');
    if (clientData.framed) return refuse(known, says.refused, 'the page stood within another site');
    return undefined;
  };

const findOwner = ({ ceremony }: WebAuthnParts, refuse: Again) =>
  async function findOwner(known: Answered): Promise<Answer | { credential: Credential<WebAuthnBody> }> {
    const found = await findCredential(ceremony, known.assertion, known.interaction.expected !== null);
    return 'credential' in found ? found : refuse(known, says.unknown, found.refused);
  };

/** For the audit log: a key of this person seems to have a copy. */
const copiedKey = ({ id, uid, kind }: Credential<WebAuthnBody>, detail: string) => ({
  actor: `user:${uid}`,
  action: 'authenticator.counter-went-back' as const,
  target: uid,
  outcome: 'refused' as const,
  detail: { kind, credential: id, reason: detail },
});

const verify = ({ ceremony, audit }: WebAuthnParts, refuse: Again) =>
  async function verify(known: Known): Promise<Answer | { use: AtUse; uses: Statement }> {
    const { assertion, clientData, credential } = known;
    const use = await verifyAssertion(ceremony, assertion, clientData.challenge, credential);
    if ('refused' in use) {
      if (use.copied) await audit.recordAlone(copiedKey(credential, use.refused));
      return refuse(known, says.refused, use.refused);
    }
    // A key that is shared has no counter, and may sign in at many places in the same moment.
    const { shared, counter } = credential.body;
    const body: WebAuthnBody = { ...credential.body, counter: shared ? counter : use.counter };
    return { use, uses: ceremony.credentials.useStatement(credential, body) };
  };

/** What counts is the credential, by whichever of its pages it came. */
const findLevel = ({ ceremony }: WebAuthnParts) =>
  async function findLevel({ credential, use }: Known & { use: AtUse }): Promise<{ level: 2 | 3 }> {
    const kind = ceremony.kinds.find(({ id }) => id === credential.kind);
    if (!kind) throw new Error('A credential of a kind that is none was found.');
    return { level: levelOf(kind, credential.body, use, ceremony.policy) };
  };

/** A level that does not do leads back to the choice, never to less than was asked. */
const checkLevel = (parts: WebAuthnParts) =>
  async function checkLevel(known: Used): Promise<Answer | undefined> {
    const { interaction, client, level, uses } = known;
    if (firstMet(interaction.authorization.acr, { level, methods: webAuthnMethods }) !== undefined)
      return undefined;
    const message = filled(says.tooLow, { level, application: client.application.name });
    return toPage(parts, { ...known, interaction: { ...interaction, ...withoutSignIn, message } }, [uses]);
  };

const finish = ({ completeSignIn }: WebAuthnParts) =>
  async function finish({ credential, level, uses, ...context }: Used): Promise<Answer> {
    const { id, kind, uid } = credential;
    const result = { authenticator: kind, uid, methods: [...webAuthnMethods], level, credentialId: id };
    return completeSignIn(context, result, [uses]);
  };

/** `POST …/answer`: what the authenticator signed (WebAuthn section 7.2). */
function answerSteps(parts: WebAuthnParts, kind: WebAuthnKind) {
  const refuse = again(parts, kind);
  return steps<InteractionContext>()
    .step(readAnswer(refuse))
    .step(spend(parts, refuse))
    .step(findOwner(parts, refuse))
    .step(verify(parts, refuse))
    .step(findLevel(parts))
    .step(checkLevel(parts))
    .step(finish(parts));
}

/** One way to sign in by WebAuthn. */
export function webAuthn(kind: WebAuthnKind, parts: WebAuthnParts): Authenticator {
  const { ceremony } = parts;
  const { credentials, policy } = ceremony;
  const reached = (level: AssuranceLevel) => ({ level, methods: webAuthnMethods });
  const answer = answerSteps(parts, kind);
  return {
    ...local(credentials),
    id: kind.id,
    label: kind.label,
    hint: kind.hint,
    offers: kind.best(policy) === 3 ? [reached(3), reached(2)] : [reached(2)],
    begin: (context) => showSignIn(parts, kind, context),
    async usableBy(uid, acr) {
      const own = await credentials.of<WebAuthnBody>(uid, kind.id);
      return own.some(({ body }) => couldMeet(acr, [reached(levelAtBest(kind, body, policy))]));
    },
    routes: [{ method: 'POST', path: 'answer', run: (context) => answer.run(context) }],
  };
}
