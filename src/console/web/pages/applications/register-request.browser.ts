import type { CallBody } from '../../../../kit/console-api.ts';
import { type Problem, problemText } from '../../frame/api.browser.ts';
import type { FormProblem } from '../../frame/forms.browser.ts';
import { byId } from '../../frame/tools.browser.ts';
import type { Answers } from './register-answers.browser.ts';
import type { KeyField } from './register-key.browser.ts';

type Registration = CallBody<'POST', '/applications'>;
type Authentication = Pick<
  NonNullable<Registration['platform'] & Registration['cis2']>,
  'tokenEndpointAuthMethod' | 'jwks' | 'jwksUrl'
>;

/** Makes the request from the answers, and finds the control for each of its problems. */
export function requestOf({ given, chosen, linesOf, addresses }: Answers, key: KeyField) {
  const authenticationOf = (proof: string): Authentication => {
    if (proof === 'certificate') return { tokenEndpointAuthMethod: 'tls_client_auth' };
    if (proof !== 'key') return { tokenEndpointAuthMethod: 'client_secret_post' };
    return { tokenEndpointAuthMethod: 'private_key_jwt', ...key.members() };
  };

  /** Returns the registration, as the API takes it. */
  const bodyOf = (): Registration => {
    const [signIn, profile, proof] = [given('signIn'), given('profile'), given('proof')];
    const subject = proof === 'certificate' ? { tls_client_auth_subject_dn: given('subject') } : undefined;
    const authentication = authenticationOf(proof);
    const platform = {
      ...authentication,
      ...(signIn === 'combined' ? { callbackUrls: addresses('callback') } : {}),
      products: chosen('product'),
      ...(subject ? { attributes: subject } : {}),
    };
    const cis2 = {
      ...authentication,
      redirectUris: addresses('callback'),
      ...(addresses('afterSignOut').length > 0 ? { postLogoutRedirectUris: addresses('afterSignOut') } : {}),
      ...(given('backchannelLogoutUri') ? { backchannelLogoutUri: given('backchannelLogoutUri') } : {}),
      ...(subject ? { certificateSubject: subject } : {}),
    };
    return {
      name: given('name'),
      ...(profile === 'nhs' ? {} : { profile }),
      ...(given('developer') ? { developer: given('developer') } : {}),
      platform,
      ...(signIn === 'separate' ? { cis2 } : {}),
    };
  };

  const callbackProblems = (): FormProblem[] => {
    const lines = linesOf('callback');
    const first = byId('callback-lines')?.querySelector('input');
    if (lines.length === 0 && first) return [{ at: first.id, text: 'Give at least one callback URL.' }];
    return lines.flatMap(({ id, value }) => {
      const hash = value.indexOf('#');
      const text = `The callback URL must not have a fragment. Leave out ${value.slice(hash).trim()}.`;
      return hash >= 0 ? [{ at: id, text }] : [];
    });
  };

  /** Returns what is wrong before anything is sent. */
  const ownProblems = (): FormProblem[] => {
    const proof = given('proof');
    const problems: FormProblem[] = [];
    if (given('name') === '') problems.push({ at: 'name', text: 'Give the application a name.' });
    if (given('signIn') !== 'nobody') problems.push(...callbackProblems());
    if (byId('without-api') && chosen('product').length === 0 && given('withoutApi') === '')
      problems.push({
        at: 'product',
        text: 'Choose an API. Without one it gets no tokens; to do that, tick “Register without an API”.',
      });
    const keyProblem = proof === 'key' ? key.problem() : undefined;
    if (keyProblem) problems.push(keyProblem);
    if (proof === 'certificate' && given('subject') === '')
      problems.push({ at: 'subject', text: 'Give the subject of the certificate.' });
    return problems;
  };

  const controlOf = (member: string): string => {
    const [, list, index] = /\.(callbackUrls|redirectUris|postLogoutRedirectUris)\.(\d+)/.exec(member) ?? [];
    if (list) {
      const name = list === 'postLogoutRedirectUris' ? 'afterSignOut' : 'callback';
      return linesOf(name)[Number(index)]?.id ?? `${name}-add`;
    }
    if (/jwks|\.kid$/.test(member)) return 'key';
    if (/products/.test(member)) return 'product';
    if (/tokenEndpointAuthMethod/.test(member)) return 'proof';
    if (/certificateSubject|attributes/.test(member)) return 'subject';
    if (/backchannel/.test(member)) return 'backchannelLogoutUri';
    return ['name', 'profile', 'developer'].find((name) => member.endsWith(name)) ?? 'name';
  };

  const subjects: Record<string, string> = {
    key: 'The key',
    proof: 'This choice',
    subject: 'The subject',
    name: 'The name',
  };
  /** Problems of members continue a sentence that begins with the member. */
  const problemOf = (answer: Problem): FormProblem => {
    const member = String(answer.field ?? '');
    const at = controlOf(member);
    const subject = /Uris|Urls/.test(member) ? 'The address' : subjects[at];
    const text = problemText(answer);
    return {
      at,
      text: subject && answer.problem ? `${subject} ${text.charAt(0).toLowerCase()}${text.slice(1)}` : text,
    };
  };
  return { bodyOf, ownProblems, problemOf };
}
