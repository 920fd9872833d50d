import { decodeJwt, type SigningAlgorithm, verifySignature } from '@alongside/kernel/jws';
import { type Finding, ok, wrong } from '../../../identity-agent/doctor/report.ts';
import { readKeySet } from '../../oauth/remote-keys.ts';
import type { StateFile } from '../../state-file.ts';
import type { Check } from './check.ts';
import { ask } from './subject.ts';

/** A signature by one key of a service. */
interface KeyProof {
  service: string;
  jws: string;
}

const keySets: Readonly<Record<string, (urls: StateFile['urls']) => string>> = {
  cis2: ({ cis2Issuer }) => `${cis2Issuer}/connect/jwk_uri`,
  authorisation: ({ api }) => `${api}/oauth2.1/jwks`,
  cis: ({ cis }) => `${cis}/jwks`,
};

const fix =
  'Give every process the same database and master key, start them again, and let no proxy cache the key set.';

/** Returns the problem with a signature; undefined if the key set verifies it. */
export async function proofProblem(jws: string, keySet: unknown): Promise<string | undefined> {
  const jwt = decodeJwt(jws);
  const { kid, alg } = jwt?.header ?? {};
  if (!jwt) return 'The signature cannot be read';
  const key = readKeySet(keySet).get(String(kid));
  if (!key) return `The key ${kid} signs (${alg}) and is not in the key set`;
  if (!(await verifySignature(jwt, alg as SigningAlgorithm, key)))
    return `A signature by the key ${kid} (${alg}) does not verify with the key set`;
  return undefined;
}

async function judge(
  service: string,
  proofs: readonly KeyProof[],
  urls: StateFile['urls'],
): Promise<Finding> {
  const address = keySets[service]?.(urls) ?? '';
  const { status, body, problem: silence } = await ask(address);
  if (status !== 200)
    return wrong(`The key set ${address} was not read: ${silence ?? `status ${status}`}.`, fix, service);
  const problems = await Promise.all(proofs.map(({ jws }) => proofProblem(jws, body)));
  const problem = problems.find((one) => one !== undefined);
  if (problem !== undefined) return wrong(`${problem} ${address}.`, fix, service);
  return ok(`${proofs.length} signing keys verify with ${address}.`, service);
}

/** Signs with each active key, and verifies the signature with the published key set. */
export const signingKeys: Check = {
  name: 'signing-keys',
  async run({ console, origin, stateFile }) {
    if (!console) return [];
    const token = stateFile && 'state' in stateFile ? stateFile.state.operator?.token : undefined;
    const { status, body, problem } = await ask(`${origin}/api/v1/keys/proofs`, token);
    const { proofs } = (body ?? {}) as { proofs?: KeyProof[] };
    if (status !== 200 || !Array.isArray(proofs))
      return [wrong(`The signing keys did not sign: ${problem ?? `status ${status}`}.`, 'See the log.')];
    const services = Object.keys(keySets).filter((service) => proofs.some((one) => one.service === service));
    return Promise.all(
      services.map((service) =>
        judge(
          service,
          proofs.filter((one) => one.service === service),
          console.urls,
        ),
      ),
    );
  },
};
