import type { Answer } from '@alongside/kernel/answer';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import type { Statement } from '../../../storage/database.ts';
import type { Credential } from '../../model/credentials.ts';
import { interactionPath, withoutSignIn } from '../../model/interactions.ts';
import { nameOnPages } from '../../model/relying-party.ts';
import { type AssuranceLevel, couldMeet, firstMet } from '../../model/session.ts';
import { formOf } from '../../responses/own-form.ts';
import type { AuthenticationContext, Authenticator } from '../../sign-in/authenticator.ts';
import { noteRefusedSignIn } from '../../sign-in/complete-sign-in.ts';
import { toPage } from '../../sign-in/finish.ts';
import type { InteractionContext } from '../../sign-in/open.ts';
import { filled } from '../../text/words.ts';
import { local } from '../shared/local.ts';
import { type Ceremony, credentialWithId, requestOptions, spendChallenge, userHandleOf } from './ceremony.ts';
import { webAuthnSignInPage } from './page.ts';
import { type AssertionFlags, levelAtBest, levelOf } from './policy.ts';
import { type Assertion, type ClientData, clientDataOf, readAssertion } from './response.ts';
import { webAuthnText as text } from './text.ts';
import { variants, type WebAuthnBody, type WebAuthnVariant, webAuthnMethods } from './variants.ts';
import { verifyAssertion } from './verify.ts';

interface SignInCall extends InteractionContext {
  ceremony: Ceremony;
  variant: WebAuthnVariant;
}

interface WithAssertion extends SignInCall {
  assertion: Assertion;
  clientData: ClientData;
}

interface WithCredential extends WithAssertion {
  credential: Credential<WebAuthnBody>;
}

interface Verified extends WithCredential {
  level: 2 | 3;
  useStatement: Statement;
}

/** Returns the page with new options for the browser. Throws `tooManyRows`. */
async function showSignIn(
  ceremony: Ceremony,
  variant: WebAuthnVariant,
  { request, interaction, client }: AuthenticationContext,
  problem = '',
): Promise<Answer> {
  await ceremony.limitRows(request);
  // Name credentials only if a session or a token of this service names their owner (WebAuthn section 14.6.3).
  const uid = interaction.expected?.uid ?? null;
  const page = {
    variant,
    options: await requestOptions(ceremony, variant, interaction.id, uid),
    action: interactionPath(interaction.id, `${variant.id}/answer`),
    problem,
    development: ceremony.development,
  };
  return webAuthnSignInPage(page, nameOnPages(client, interaction), interactionPath(interaction.id));
}

/** Shows the page again with a new challenge. The reason goes to the log only. */
function refuse(
  { ceremony, variant, ...opened }: SignInCall,
  sentence: string,
  reason: string,
): Promise<Answer> {
  noteRefusedSignIn(ceremony, opened, variant.id, reason);
  return showSignIn(ceremony, variant, opened, filled(sentence, { thing: variant.thing }));
}

async function readResponse(call: SignInCall) {
  const assertion = readAssertion(formOf(call.request).get('response') ?? '');
  const clientData = assertion && clientDataOf(assertion);
  if (assertion && clientData) return { assertion, clientData };
  return refuse(call, text.malformed, 'the form contains no assertion of this page');
}

/** Spends the challenge, whether or not the response is valid, so no challenge can be tried twice. */
const checkChallenge = check('challenge', async function checkChallenge(call: WithAssertion) {
  const { ceremony, clientData, interaction } = call;
  if (!(await spendChallenge(ceremony.singleUse, clientData.challenge, interaction.id)))
    return refuse(call, text.tooLate, 'the challenge is expired, used, or of another sign-in');
  return undefined;
});

const checkTopFrame = check('top-frame', async function checkTopFrame(call: WithAssertion) {
  return call.clientData.framed ? refuse(call, text.refused, 'another site framed the page') : undefined;
});

/** Finds the credential, of any variant. A named user must be its owner (WebAuthn section 7.2 step 6). */
const findCredential = check('credential-owner', async function findCredential(call: WithAssertion) {
  const {
    ceremony,
    assertion: { id, response },
    interaction: { expected },
  } = call;
  const credential = await credentialWithId(ceremony, id);
  if (!credential) return refuse(call, text.unknown, 'the credential is unknown');
  if (credential.body.shared && !ceremony.development)
    return refuse(call, text.unknown, 'it is a development credential with a published key');
  // An authenticator may omit the user only if the browser sent it a list of credentials.
  if (!response.userHandle && expected === null)
    return refuse(call, text.unknown, 'there is no user handle, and no user was expected');
  if (response.userHandle && response.userHandle !== userHandleOf(credential.uid))
    return refuse(call, text.unknown, 'the user handle is not that of its owner');
  return { credential };
});

/** Returns the audit record of a key that seems to have a copy. */
const copiedKey = ({ id, uid, kind }: Credential<WebAuthnBody>, reason: string) => ({
  actor: `user:${uid}`,
  action: 'authenticator.counter-went-back' as const,
  target: uid,
  outcome: 'refused' as const,
  detail: { kind, credential: id, reason },
});

const checkAssertion = check('assertion', async function checkAssertion(call: WithCredential) {
  const { ceremony, assertion, clientData, credential } = call;
  const result = await verifyAssertion(ceremony, assertion, clientData.challenge, credential);
  if ('refused' in result) {
    if (result.copied) await ceremony.audit.recordAlone(copiedKey(credential, result.refused));
    return refuse(call, text.refused, result.refused);
  }
  // A shared key keeps its counter, because several testers may use it at the same time.
  const counter = credential.body.shared ? credential.body.counter : result.counter;
  return {
    flags: result,
    useStatement: ceremony.credentials.useStatement(credential, { ...credential.body, counter }),
  };
});

/** The credential decides the level, not the page of the variant on which it was used. */
async function findLevel({ ceremony, credential, flags }: WithCredential & { flags: AssertionFlags }) {
  const variant = variants.find(({ id }) => id === credential.kind);
  if (!variant) throw new Error(`The credential has the unknown kind ${credential.kind}.`);
  return { level: levelOf(variant, credential.body, flags, ceremony.policy) };
}

/** Returns to the choice page if the level is too low. */
const checkLevel = check('level', async function checkLevel(call: Verified) {
  const { ceremony, interaction, client, level, useStatement } = call;
  if (firstMet(interaction.authorization.acr, { level, methods: webAuthnMethods }) !== undefined)
    return undefined;
  const message = filled(text.tooLow, { level, application: nameOnPages(client, interaction) });
  return toPage(ceremony, { ...call, interaction: { ...interaction, ...withoutSignIn, message } }, [
    useStatement,
  ]);
});

function finish({
  ceremony,
  credential,
  level,
  useStatement,
  ...opened
}: Verified &
  Passed<'challenge' | 'top-frame' | 'credential-owner' | 'assertion' | 'level'>): Promise<Answer> {
  const { id, kind, uid } = credential;
  const result = { authenticator: kind, uid, methods: [...webAuthnMethods], level, credentialId: id };
  return ceremony.completeSignIn(opened, result, [useStatement]);
}

/** `POST …/answer`: verifies the response of the authenticator (WebAuthn section 7.2). */
const answerSteps = steps<SignInCall>('cis2.webauthn-answer')
  .step(readResponse)
  .step(checkChallenge)
  .step(checkTopFrame)
  .step(findCredential)
  .step(checkAssertion)
  .step(findLevel)
  .step(checkLevel)
  .step(finish);

export function webAuthnAuthenticator(variant: WebAuthnVariant, ceremony: Ceremony): Authenticator {
  const { credentials, policy } = ceremony;
  const { id, label, hint } = variant;
  const reached = (level: AssuranceLevel) => ({ level, methods: webAuthnMethods });
  return {
    ...local(id, credentials),
    label,
    hint,
    offers: variant.best(policy) === 3 ? [reached(3), reached(2)] : [reached(2)],
    begin: (context) => showSignIn(ceremony, variant, context),
    async usableBy(uid, acr) {
      const own = await credentials.of<WebAuthnBody>(uid, id);
      return own.some(({ body }) => couldMeet(acr, [reached(levelAtBest(variant, body, policy))]));
    },
    routes: [
      {
        method: 'POST',
        path: 'answer',
        run: (opened) => answerSteps.run({ ...opened, ceremony, variant }),
      },
    ],
  };
}
